package openapi

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/wire"
)

// Library has the descriptions of one server, each made when it is first asked
// for.
type Library struct {
	options Options
	mu      sync.Mutex
	files   map[string][]byte
}

// NewLibrary makes the library of a server.
func NewLibrary(o Options) *Library { return &Library{options: o, files: map[string][]byte{}} }

// Document describes the server in a version, the newest for "". It is nil for
// a version that is not spoken.
func (l *Library) Document(version string) *Document {
	if version == "" {
		version = string(wire.Newest().Version())
	}
	d, ok := New(l.options, acp.Version(version))
	if !ok {
		return nil
	}
	return d
}

// Formats by the end of a file's name.
var formats = map[string]struct {
	media string
	write func(*Document) ([]byte, error)
}{
	".json": {"application/json", (*Document).JSON},
	".yaml": {"application/yaml", (*Document).YAML},
}

// ServeHTTP serves
//
//	GET /openapi.json, /openapi.yaml   of the newest version, or of ?version=
//	GET /openapi/{file}                such as 2026-01-30.json
//
// Pages of other origins may read them: they say nothing that is not for
// everybody.
func (l *Library) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, version := strings.TrimPrefix(r.URL.Path, "/openapi"), r.URL.Query().Get("version")
	ext := ".json"
	if strings.HasSuffix(name, ".yaml") {
		ext = ".yaml"
	}
	if file := r.PathValue("file"); file != "" {
		name, version = file, strings.TrimSuffix(file, ext)
		if version == "" {
			version = "none"
		}
	}
	body, err := l.file(version, ext)
	switch {
	case err != nil:
		http.Error(w, "The description cannot be written.", http.StatusInternalServerError)
		return
	case body == nil || !strings.HasSuffix(name, ext):
		http.Error(w, "There is no description of this version. /openapi.json is that of the newest.", http.StatusNotFound)
		return
	}
	h := w.Header()
	h.Set("Content-Type", formats[ext].media)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(body) // whoever hung up gets nothing
}

// file writes a description, once; nil when there is none.
func (l *Library) file(version, ext string) ([]byte, error) {
	d := l.Document(version)
	if d == nil {
		return nil, nil
	}
	name := string(d.Version) + ext
	l.mu.Lock()
	defer l.mu.Unlock()
	if body, ok := l.files[name]; ok {
		return body, nil
	}
	body, err := formats[ext].write(d)
	if err != nil {
		return nil, err
	}
	l.files[name] = body
	return body, nil
}
