package main

import "testing"

func TestExpiryIsReadAsItStandsOnACard(t *testing.T) {
	for text, want := range map[string][2]int{
		"12/2030": {12, 2030}, "1/2031": {1, 2031}, "01/31": {1, 2031}, "09/2099": {9, 2099},
		"13/2030": {13, 2030}, "12/203": {12, 203}, // which the card refuses
		"12": {}, "12/": {}, "/2030": {}, "12/30/1": {}, "+1/2030": {}, "12/-30": {}, "12 / 2030": {}, "12/2030 ": {}, "dec/2030": {},
	} {
		month, year, err := readExpiry(text)
		if ok := want != [2]int{}; (err == nil) != ok || ok && (month != want[0] || year != want[1]) {
			t.Errorf("%q: %d/%d, %v", text, month, year, err)
		}
	}
	if month, year, err := readExpiry(""); month != 0 || year != 0 || err != nil {
		t.Errorf("none: %d/%d, %v", month, year, err)
	}
}
