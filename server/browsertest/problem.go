package browsertest

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
)

// watch collects what a page should not do.
type watch struct {
	mu       sync.Mutex
	problems []string
	// refused is a page whose own answer the test expects to be an error; the
	// console says so as well, which is no problem then.
	refused string
}

func (w *watch) add(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

func (w *watch) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.problems
	w.problems = nil
	return taken
}

func (w *watch) expectRefusal(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = url
}

func (w *watch) expected(url string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.refused != "" && url == w.refused
}

// event is told of everything that happens in a tab.
func (w *watch) event(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, arg := range e.Args {
			words = append(words, spoken(arg))
		}
		w.add("console.%s: %s", e.Type, strings.Join(words, " "))
	case *runtime.EventExceptionThrown:
		words := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			words += " " + spoken(e.ExceptionDetails.Exception)
		}
		w.add("exception: %s", words)
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceNetwork && w.expected(e.Entry.URL) {
			return
		}
		w.add("%s (%s): %s %s", e.Entry.Level, e.Entry.Source, e.Entry.Text, e.Entry.URL)
	case *audits.EventIssueAdded:
		// The console has it in words already.
		if e.Issue.Code == audits.InspectorIssueCodeContentSecurityPolicyIssue {
			return
		}
		details, err := json.Marshal(e.Issue.Details)
		if err != nil {
			details = []byte(err.Error())
		}
		w.add("issue %s: %s", e.Issue.Code, details)
	case *network.EventRequestWillBeSent:
		w.request(e.Request.URL)
	case *network.EventWebSocketCreated:
		w.request(e.URL)
	}
}

// request holds an address that a page asked for to loopback.
func (w *watch) request(address string) {
	u, err := url.Parse(address)
	if err != nil {
		w.add("no network: a request to %q: %v", address, err)
		return
	}
	switch u.Scheme {
	case "http", "https", "ws", "wss":
	default:
		return // data:, blob: and about: stay in the browser
	}
	if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		w.add("no network: a request to %s", address)
	}
}

func spoken(o *runtime.RemoteObject) string {
	if o.Description != "" {
		return o.Description
	}
	var text string
	if json.Unmarshal(o.Value, &text) == nil {
		return text
	}
	return string(o.Value)
}
