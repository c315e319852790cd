package browsertest

import (
	"strings"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/chromedp"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// chromedp follows the elements of each page in a copy. Nothing here asks for
// that copy, it costs a question with every page, and while chromedp goes into
// a frame two of its goroutines use it at once. So it never hears of elements.
func init() {
	chromedp.DefaultUnmarshalOptions = json.JoinOptions(chromedp.DefaultUnmarshalOptions,
		json.WithUnmarshalers(json.UnmarshalFromFunc(withoutElements)))
}

// withoutElements reads a message of the browser. What happened to elements gets
// a name that chromedp does not know and therefore passes over.
func withoutElements(d *jsontext.Decoder, m *cdproto.Message) error {
	type message cdproto.Message // is read as it is
	if err := json.UnmarshalDecode(d, (*message)(m)); err != nil {
		return err
	}
	if m.ID == 0 && strings.HasPrefix(string(m.Method), "DOM.") {
		m.Method = "unheard:" + m.Method
	}
	return nil
}
