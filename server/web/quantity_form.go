package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/checkstand/checkstand/text"
)

// quantityForm changes or removes a line of a page that shows some.
type quantityForm struct {
	most     int64 // of one item
	texts    *text.Texts
	onlyItem string // the key of what is said of the last line, which stays
	set      func(line string, quantity int64) error
}

// carryOut makes the change that a form asks for. Where it cannot be made, that
// is noted at its line, and done is false. Errors: ErrChanged when there is no
// such line any more, and those of set but *Refusal.
func (f quantityForm) carryOut(r *http.Request, lines []CheckoutLine) (done bool, err error) {
	id, typed := r.PostForm.Get("line"), strings.TrimSpace(r.PostForm.Get("quantity"))
	if r.PostForm.Has("remove") {
		typed = "0"
	}
	i := slices.IndexFunc(lines, func(l CheckoutLine) bool { return l.ID == id })
	if i < 0 {
		return false, ErrChanged
	}
	quantity, err := strconv.ParseInt(typed, 10, 64)
	problem := ""
	switch {
	case err != nil || quantity < 0 || quantity > f.most:
		problem = f.texts.Say("checkout.whole_number", "count", strconv.FormatInt(f.most, 10))
	case quantity == 0 && len(lines) == 1:
		problem = f.texts.Say(f.onlyItem)
	default:
		err = f.set(id, quantity)
		refusal, refused := errors.AsType[*Refusal](err)
		if !refused {
			return err == nil, err
		}
		problem = refusal.Message
	}
	lines[i].Note = &Notice{Negative, problem}
	return false, nil
}
