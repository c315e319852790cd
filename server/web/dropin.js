// Draws the payment provider's form into the page and sends what it hands back.
"use strict";
(() => {
  const form = document.getElementById("pay");
  const place = document.getElementById("dropin");
  const said = document.getElementById("dropin-said");
  const button = form.querySelector("button");
  const nonce = form.elements.namedItem("payment_method_nonce");
  const say = (text) => { said.textContent = text; };
  const failed = () => say(place.dataset.failed);

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
      say(place.dataset.sending);
      dropin.requestPaymentMethod().then((method) => {
        nonce.value = method.nonce;
        form.submit();
      }, () => {
        asking = false;
        say(place.dataset.check);
      });
    });
    say("");
    button.disabled = false;
  }, failed);
})();
