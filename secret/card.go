package secret

// CardNumberFault is what is said of a text that HasCardNumber; what to write
// instead comes after it. The text itself is not repeated.
const CardNumberFault = "this looks like the number of a card, which is never kept"

// HasCardNumber reports whether a text has in it what looks like the number of
// a payment card: as many digits as the brand of its first digits has, with the
// right check digit, alone or grouped by single spaces, hyphens or points.
// Digits after a plus sign are a phone number. Some numbers of other things
// look the same; it is for places where neither is at home.
func HasCardNumber(text string) bool {
	var digits [19]byte
	for i := 0; i < len(text); {
		if !isDigit(text[i]) {
			i++
			continue
		}
		start, n := i, 0
		for i < len(text) {
			if isDigit(text[i]) {
				if n < len(digits) {
					digits[n] = text[i]
				}
				n++
				i++
				continue
			}
			if isSeparator(text[i]) && i+1 < len(text) && isDigit(text[i+1]) {
				i++
				continue
			}
			break
		}
		if n >= 14 && n <= len(digits) && !afterPlus(text, start) && isCard(digits[:n]) {
			return true
		}
	}
	return false
}

func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isSeparator(c byte) bool { return c == ' ' || c == '-' || c == '.' }

func afterPlus(text string, at int) bool { return at > 0 && text[at-1] == '+' }

// isCard reports whether digits are those of a card.
func isCard(d []byte) bool {
	at := func(n int) (v int) {
		for _, c := range d[:n] {
			v = v*10 + int(c-'0')
		}
		return v
	}
	two, three, four := at(2), at(3), at(4)
	known := false
	switch n := len(d); {
	case d[0] == '4':
		known = n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720:
		known = n == 16
	case two == 34 || two == 37:
		known = n == 15
	case two == 36, two == 38, two == 39, three >= 300 && three <= 305:
		known = n >= 14
	case four == 6011, two == 65, three >= 644 && three <= 649, two == 62, two == 81, four >= 3528 && four <= 3589:
		known = n >= 16
	case two == 50, two >= 56 && two <= 58, two == 63, two == 67: // Maestro
		known = n >= 16
	}
	return known && CheckDigit(string(d))
}

// CheckDigit reports whether digits end with the check digit of card numbers,
// Luhn's.
func CheckDigit(digits string) bool {
	sum := 0
	for i := range len(digits) {
		c := digits[len(digits)-1-i]
		if !isDigit(c) {
			return false
		}
		d := int(c - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
