// Draws the payment provider's form into the page and sends what it hands back.
"use strict";
(() => {
  const form = document.getElementById("pay");
  const place = document.getElementById("dropin");
  const said = document.getElementById("dropin-said");
  const button = form.querySelector("button");
  const nonce = form.elements.namedItem("payment_method_nonce");
  const say = (text) => { said.textContent = text; };
  const failed = () => say("The payment form could not be loaded. You have not been charged. Load the page again.");

  if (!window.braintree || !window.braintree.dropin) {
    failed();
    return;
  }
  window.braintree.dropin.create({
    authorization: place.dataset.token,
    container: place,
    locale: place.dataset.locale,
  }).then((dropin) => {
    let asking = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (asking) return; // a second press pays nothing
      asking = true;
      say("Your payment is being sent.");
      dropin.requestPaymentMethod().then((method) => {
        nonce.value = method.nonce;
        form.submit();
      }, () => {
        asking = false;
        say("Check the payment details above. You have not been charged.");
      });
    });
    say("");
    button.disabled = false;
  }, failed);
})();
