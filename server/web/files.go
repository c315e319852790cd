package web

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"path"
	"time"

	"github.com/checkstand/checkstand/ui"
)

//go:embed dropin.js
var dropIn []byte

//go:embed reference.css
var referenceCSS []byte

// asset is a file of Checkstand itself.
type asset struct {
	contentType string
	content     []byte
}

// The paths of the assets carry their content's hash, so that browsers may
// keep them for ever.
var (
	stylePath = "/assets/" + hashed("page", []byte(ui.CSS()), ".css")
	iconPath  = "/assets/" + hashed("icon", ui.Icon(), ".svg")
	// scriptPath is that of the one script there is, for the payment form that
	// a provider's own script draws.
	scriptPath = "/assets/" + hashed("dropin", dropIn, ".js")
	// referencePath is that of what the API reference looks like, beyond the
	// other pages.
	referencePath = "/assets/" + hashed("reference", referenceCSS, ".css")
)

func hashed(name string, content []byte, ext string) string {
	return name + "-" + digest(content) + ext
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}

func assets() map[string]asset {
	return map[string]asset{
		path.Base(stylePath):     {"text/css; charset=utf-8", []byte(ui.CSS())},
		path.Base(iconPath):      {"image/svg+xml", ui.Icon()},
		path.Base(scriptPath):    {"text/javascript; charset=utf-8", dropIn},
		path.Base(referencePath): {"text/css; charset=utf-8", referenceCSS},
	}
}

func (p *Pages) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := p.assets[r.PathValue("file")]
	if !ok {
		p.notFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", a.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	fileHeaders(h)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.content))
}

// pictureTypes are the formats served below /pictures/.
var pictureTypes = map[string]string{
	".svg":  "image/svg+xml",
	".png":  "image/png",
	".jpg":  "image/jpeg",
	".jpeg": "image/jpeg",
	".webp": "image/webp",
}

// maxPicture bounds a picture in bytes; a larger one is not served.
const maxPicture = 8 << 20

func (p *Pages) picture(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	contentType, ok := pictureTypes[path.Ext(name)]
	if !ok || p.pictures == nil || !fs.ValidPath(name) {
		p.notFound(w, r)
		return
	}
	content, err := readPicture(p.pictures, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p.notFound(w, r)
		return
	case err != nil:
		p.failed(w, r, "page.failed_picture", err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "public, max-age=3600")
	h.Set("ETag", `"`+digest(content)+`"`)
	fileHeaders(h)
	// Agents show the shop's pictures on pages of their own.
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func readPicture(files fs.FS, name string) ([]byte, error) {
	f, err := files.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxPicture+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxPicture {
		return nil, errors.New("the picture is too large to be served")
	}
	return content, nil
}

// fileHeaders keep a file from becoming a page: an SVG opened by itself can
// run nothing and load nothing.
func fileHeaders(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
}
