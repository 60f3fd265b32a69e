// Enhancements of every page. Nothing needs them.

// `autofocus` is ignored on a page whose address has a #fragment: take the focus to the summary anyway.
document.querySelector("[data-focus]")?.focus();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

// A second click on "Envoyer" must not send twice.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = 0;
  form.addEventListener("submit", (event) => {
    if (Date.now() - sent < 2000) event.preventDefault();
    else sent = Date.now();
  });
}

// A page that only carries an answer on goes on by itself.
document.querySelector("form[data-send]")?.requestSubmit();

// A choice hidden in a folded group is unfolded when the error summary leads to it.
for (const link of document.querySelectorAll(".error-summary a")) {
  link.addEventListener("click", () => {
    const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
    target?.closest("details")?.setAttribute("open", "");
    target?.focus();
  });
}
