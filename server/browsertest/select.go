package browsertest

// Select chooses the option of a select element that shows a text. It tells the
// page as a reader's choice does.
func (t *Tab) Select(selector, option string) {
	t.t.Helper()
	if fault := evaluate[string](t, `(selector, option) => {
		const found = document.querySelectorAll(selector);
		if (found.length !== 1) return found.length + " elements match " + selector + ", want one";
		const at = [...found[0].options].findIndex(o => o.label === option);
		if (at < 0) return selector + " has no option " + option;
		found[0].selectedIndex = at;
		for (const kind of ["input", "change"]) found[0].dispatchEvent(new Event(kind, {bubbles: true}));
		return "";
	}`, selector, option); fault != "" {
		t.t.Fatal(fault)
	}
}

// Options is what a select element offers, in its order.
func (t *Tab) Options(selector string) []string {
	t.t.Helper()
	return evaluate[[]string](t, `(selector) => [...document.querySelectorAll(selector + " option")].map(o => o.label)`, selector)
}
