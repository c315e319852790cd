package widget_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/checkstand/checkstand/server/browsertest"
	"github.com/checkstand/checkstand/ui"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Main(m)) }

//go:embed testdata/shop.js
var shopScript string

//go:embed testdata/host.js
var hostScript string

//go:embed testdata/below.js
var belowScript string

// policy is the Content-Security-Policy that a host builds for a widget whose
// only declared addresses are those of its pictures, with nothing to connect to.
const policy = "default-src 'none'; script-src 'self' 'unsafe-inline' %[1]s; style-src 'self' 'unsafe-inline' %[1]s; connect-src 'none'; " +
	"img-src 'self' data: %[1]s; font-src 'self' %[1]s; media-src 'self' data: %[1]s; frame-src 'none'; object-src 'none'; base-uri 'self'"

// settings say what the host of a test is like. The zero value is a host with
// the bridge alone.
type settings struct {
	NoBridge bool     `json:"-"`
	OpenAI   []string `json:"openai,omitempty"` // members of window.openai
	Sheet    []string `json:"sheet"`            // what each payment comes to, the last again and again
	Shop     shop     `json:"shop"`

	Theme        string          `json:"theme,omitempty"`
	Locale       string          `json:"locale,omitempty"`
	Languages    []string        `json:"languages,omitempty"` // that the browser's reader understands
	Mode         string          `json:"mode,omitempty"`      // inline when empty
	First        json.RawMessage `json:"first,omitempty"`
	Told         []any           `json:"told,omitempty"` // what the host says by itself, later
	Capabilities map[string]any  `json:"capabilities,omitempty"`
	ShopMeta     map[string]any  `json:"shopMeta,omitempty"` // what the server says of its shop beside the session
	WidgetState  any             `json:"widgetState,omitempty"`
	Outside      string          `json:"outside,omitempty"` // what the buyer does on the shop's page: paid, left
	RefuseLinks  bool            `json:"refuseLinks,omitempty"`
	Bridge       bool            `json:"bridge"`
}

// shop is where the session starts from; what is not set is usual.
type shop struct {
	Pictures    string           `json:"pictures"`
	Currency    string           `json:"currency,omitempty"`
	Items       map[string]int   `json:"items,omitempty"`
	Address     *json.RawMessage `json:"address,omitempty"`
	Mode        string           `json:"mode,omitempty"`
	Codes       []string         `json:"codes,omitempty"` // discount codes in force
	Tax         string           `json:"tax,omitempty"`   // what the shop calls it
	NoSheet     bool             `json:"-"`
	Sheet       *bool            `json:"sheet,omitempty"`
	Status      string           `json:"status,omitempty"`
	Refuse      string           `json:"refuse,omitempty"`
	Held        string           `json:"held,omitempty"` // what has to be pressed before the first call is answered
	Failing     int              `json:"failing,omitempty"`
	CheckoutURL string           `json:"checkoutURL,omitempty"`
	Option      string           `json:"option,omitempty"`
	Places      bool             `json:"places,omitempty"`     // there are places to come to, and a courier
	OnlyPlaces  bool             `json:"onlyPlaces,omitempty"` // and nothing is sent
	Download    bool             `json:"download,omitempty"`   // something is sent by e-mail
	Split       []map[string]any `json:"split,omitempty"`      // the deliveries, where there are several
	Offers      map[string]any   `json:"offers,omitempty"`     // what the buyer may ask for, and is asked
	Own         string           `json:"own,omitempty"`        // the status that the sheet does not know
	Messages    []map[string]any `json:"said,omitempty"`
}

var noAddress = func() *json.RawMessage { null := json.RawMessage("null"); return &null }()

// everything that ChatGPT offers in window.openai.
var chatGPT = []string{"toolInput", "toolOutput", "toolResponseMetadata", "theme", "locale", "displayMode", "widgetState", "callTool", "setWidgetState",
	"openExternal", "requestDisplayMode", "notifyIntrinsicHeight", "requestCheckout"}

// servePictures serves the drawings of the demo shop.
func servePictures(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.FileServerFS(os.DirFS("../../demo/shop/pictures")))
	t.Cleanup(srv.Close)
	return srv.URL
}

// page is the widget with its host below it.
func (s settings) page(pictures string) (html string, err error) {
	s.Bridge = !s.NoBridge
	s.Shop.Pictures = pictures
	if s.Shop.NoSheet {
		s.Shop.Sheet = new(bool)
	}
	if s.Sheet == nil {
		s.Sheet = []string{"pay"}
	}
	options, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	widget, err := withPseudo(ui.Widget())
	if err != nil {
		return "", err
	}
	script := fmt.Sprintf("<script>\nconst options = %s;\n%s\n%s\n%s\n</script>", options, shopScript, hostScript, belowScript)
	return strings.Replace(widget, "<head>", "<head>"+script, 1), nil
}

// open shows the widget in a host.
func (s settings) open(t *testing.T, b *browsertest.Browser, look browsertest.Options) *browsertest.Tab {
	t.Helper()
	pictures := servePictures(t)
	html, err := s.page(pictures)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" {
			w.Header().Set("Content-Type", "image/svg+xml")
			w.Write(ui.Icon())
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", fmt.Sprintf(policy, pictures))
		fmt.Fprint(w, html)
	}))
	t.Cleanup(srv.Close)
	tab := b.Tab(t, look)
	tab.Go(srv.URL + "/")
	tab.WaitGone("#checkout:empty")
	if !s.NoBridge { // what window.openai has is shown before the bridge stands
		tab.WaitText(`#traffic [data-name="initialized"]`, "")
	}
	return tab
}

// clean holds what is shown to the rules of accessibility and to its window.
func clean(t *testing.T, tab *browsertest.Tab) {
	t.Helper()
	for _, v := range tab.Axe() {
		t.Errorf("axe: %s", v)
	}
	if over := tab.OverflowsX(); len(over) != 0 {
		t.Errorf("it is too wide: %s", over)
	}
}

// asked is how often the widget asked its host for something.
func asked(tab *browsertest.Tab, name string) int {
	return tab.Count(fmt.Sprintf("#traffic [data-name=%q]", name))
}

// wantAsked waits until the widget has asked for something with these words,
// and holds the number of times to what is wanted.
func wantAsked(t *testing.T, tab *browsertest.Tab, name, words string, times int) {
	t.Helper()
	tab.WaitText(fmt.Sprintf("#traffic [data-name=%q]", name), words)
	if got := asked(tab, name); got != times {
		t.Errorf("the widget asked %d times for %s, want %d", got, name, times)
	}
}
