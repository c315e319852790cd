package review

// people lists what no configuration can show.
func (c *checker) people() {
	c.attest("publisher", "Publisher", "Your organisation is verified at the OpenAI Platform under the name that the website and the policies bear, and whoever submits has the role that may write apps.")
	c.attest("prohibited_goods", "Goods that may be sold", "Nothing in the catalogue is on the list of prohibited goods (among others: weapons, drugs, tobacco, prescription medicine, adult goods, gambling, counterfeits), and the app is fit for buyers from 13 years on.")
	c.attest("privacy_content", "What the privacy policy says", "It names what the app is given (items, delivery address, name, e-mail address, phone number), what for, who gets it, how long it is kept, and how to have it deleted.")
	c.attest("pictures", "Logo and screenshots", "Square PNG files of the logo, and screenshots of the app as ChatGPT shows it, without a buyer's real data.")
	c.attest("listing", "Texts of the listing", "Subtitle, description, category, starter prompts and the countries in which it is offered; countries that the shop delivers to.")
	c.attest("tried", "Tried in ChatGPT", "Every test case was tried in ChatGPT's developer mode, on the web and on a phone, and answered as it says.")
	c.attest("frozen", "One version at a time", "The store keeps the tools as they were when it read them. After an upgrade of Checkstand have it read them again, and submit that.")
}
