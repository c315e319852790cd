package browsertest

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "take the pictures of the documentation anew")

// Picture holds a picture of the documentation, dir/name.png, to its width in
// pixels, and to a size in bytes that keeps a clone small. With the flag
// -update it is taken anew first: take shows what is to be seen and calls
// Screenshot with the name.
func Picture(t *testing.T, dir, name string, width int, most int64, take func(t *testing.T)) {
	t.Helper()
	file := filepath.Join(dir, name+".png")
	if *update {
		t.Setenv(EnvScreenshots, dir)
		take(t)
		pack(t, file)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatalf("%v; take it with -update", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	seen, err := png.DecodeConfig(f)
	if err != nil || seen.Width != width || info.Size() > most {
		t.Errorf("%d pixels wide, %d bytes, %v; want %d and at most %d", seen.Width, info.Size(), err, width, most)
	}
}

// pack writes a picture again, smaller and the same.
func pack(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil { //nolint:gosec // a picture for everybody
		t.Fatal(err)
	}
}
