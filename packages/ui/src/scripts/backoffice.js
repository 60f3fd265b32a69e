// Keyboard shortcuts of the backoffice. Each is also a visible control; nothing needs this file.
const rows = () => [...document.querySelectorAll("[data-rows] tbody tr")];
let current = -1;
let going = false;

// Browsers that cannot show a closed <details> by style get it opened where there is room.
const fold = document.querySelector("[data-fold]");
if (fold && !CSS.supports("selector(::details-content)") && matchMedia("(width > 820px)").matches) {
  fold.open = true;
}

function move(step) {
  const all = rows();
  if (all.length === 0) return;
  all[current]?.classList.remove("current");
  current = Math.min(Math.max(current + step, 0), all.length - 1);
  const row = all[current];
  row.classList.add("current");
  row.querySelector("a")?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function press(selector) {
  const control = document.querySelector(selector);
  if (!control) return;
  if (control.matches("input, textarea")) control.focus();
  else if (control.matches("summary")) {
    control.parentElement.open = true;
    control.parentElement.querySelector("textarea, input:not([type=hidden])")?.focus();
  } else control.click();
}

/** In a list the row one stands on is taken, and it alone; on a request, the button says it all. */
function take() {
  const box = rows()[current]?.querySelector("input[type=checkbox]");
  if (rows().length > 0 && !box) return;
  if (box) {
    for (const other of document.querySelectorAll("[data-rows] input[type=checkbox]"))
      other.checked = other === box;
  }
  press("[data-shortcut=take]");
}

const actions = {
  "/": () => press("#search"),
  j: () => move(1),
  k: () => move(-1),
  o: () => rows()[current]?.querySelector("a")?.click(),
  t: take,
  c: () => press("[data-shortcut=comment]"),
  g: () => {
    going = true;
    setTimeout(() => {
      going = false;
    }, 1500);
  },
  "?": () => {
    const help = document.getElementById("shortcuts");
    if (!help) return;
    help.open = !help.open;
    help.querySelector("summary")?.focus();
  },
};

document.addEventListener("keydown", (event) => {
  const typing =
    event.target instanceof Element && event.target.closest("input:not([type=checkbox]), textarea, select");
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (going) {
    going = false;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
      return;
    }
  }
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});
