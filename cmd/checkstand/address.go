package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/checkstand/checkstand/acp"
	"github.com/checkstand/checkstand/acp/client"
)

// testAddresses are where the test buyer lives, by country. The streets are
// made up; city, region and postal code fit together, as taxes and delivery go
// by them.
var testAddresses = map[string]acp.Address{
	"AT": {LineOne: "Beispielgasse 1", City: "Wien", State: "9", PostalCode: "1010"},
	"AU": {LineOne: "1 Example Street", City: "Sydney", State: "NSW", PostalCode: "2000"},
	"BE": {LineOne: "Voorbeeldstraat 1", City: "Brussel", State: "BRU", PostalCode: "1000"},
	"CA": {LineOne: "1 Example Street", City: "Toronto", State: "ON", PostalCode: "M5V 2T6"},
	"CH": {LineOne: "Beispielstrasse 1", City: "Zürich", State: "ZH", PostalCode: "8001"},
	"DE": {LineOne: "Beispielstraße 1", City: "Berlin", State: "BE", PostalCode: "10115"},
	"DK": {LineOne: "Eksempelvej 1", City: "København", State: "84", PostalCode: "1050"},
	"ES": {LineOne: "Calle del Ejemplo 1", City: "Madrid", State: "MD", PostalCode: "28001"},
	"FR": {LineOne: "1 rue de l'Exemple", City: "Paris", State: "IDF", PostalCode: "75001"},
	"GB": {LineOne: "1 Example Street", City: "London", State: "ENG", PostalCode: "EC1A 1AA"},
	"IE": {LineOne: "1 Example Street", City: "Dublin", State: "D", PostalCode: "D01 F5P2"},
	"IT": {LineOne: "Via dell'Esempio 1", City: "Roma", State: "RM", PostalCode: "00184"},
	"JP": {LineOne: "Example 1-1-1", City: "Chiyoda-ku", State: "13", PostalCode: "100-0001"},
	"NL": {LineOne: "Voorbeeldstraat 1", City: "Amsterdam", State: "NH", PostalCode: "1012 AB"},
	"NZ": {LineOne: "1 Example Street", City: "Auckland", State: "AUK", PostalCode: "1010"},
	"PL": {LineOne: "ul. Przykładowa 1", City: "Warszawa", State: "14", PostalCode: "00-001"},
	"SE": {LineOne: "Exempelgatan 1", City: "Stockholm", State: "AB", PostalCode: "111 20"},
}

// testAddress is where the test buyer lives in a country; nil where it does
// not.
func testAddress(country string) *acp.Address {
	home := client.TestAddress()
	if country == home.Country {
		return &home
	}
	a, ok := testAddresses[country]
	if !ok {
		return nil
	}
	a.Name, a.Country = home.Name, country
	return &a
}

func testCountries() string {
	list := append(slices.Collect(maps.Keys(testAddresses)), client.TestAddress().Country)
	slices.Sort(list)
	return strings.Join(list, ", ")
}
