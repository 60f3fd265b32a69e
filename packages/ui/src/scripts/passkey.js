// Passkeys and security keys (WebAuthn): asks the browser for one, and posts its answer as a form. Pages without this script
// show none of it. `data-passkey` is "get" (to sign in) or "create" (to add one); `data-options` is where the question is.

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

/** The question as the browser takes it: bytes come as base64url. */
function question(options) {
  const credentials = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));
  return {
    ...options,
    challenge: bytes(options.challenge),
    ...(options.user ? { user: { ...options.user, id: bytes(options.user.id) } } : {}),
    ...(options.allowCredentials ? { allowCredentials: credentials(options.allowCredentials) } : {}),
    ...(options.excludeCredentials ? { excludeCredentials: credentials(options.excludeCredentials) } : {}),
  };
}

/** The answer as the service takes it. */
function answerOf(credential) {
  const { id, rawId, type, response } = credential;
  const parts = {};
  for (const name of ["clientDataJSON", "authenticatorData", "signature", "userHandle", "attestationObject"])
    if (response[name]) parts[name] = text(response[name]);
  if (response.getTransports) parts.transports = response.getTransports();
  return { id, rawId: text(rawId), type, response: parts };
}

async function ask(form) {
  const response = await fetch(form.dataset.options, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json" },
    body: JSON.stringify({ _csrf: form.elements._csrf?.value }),
  });
  if (!response.ok) throw new Error(`the service answered ${response.status}`);
  return question(await response.json());
}

function send(form, credential) {
  form.elements.answer.value = JSON.stringify(answerOf(credential));
  // Not `requestSubmit`: this form's own listener asks for a key.
  form.submit();
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) break;
  form.hidden = false;
  for (const other of document.querySelectorAll("[data-passkey-missing]")) other.hidden = true;
  const failed = form.querySelector("[data-passkey-failed]");
  let waiting = new AbortController();
  let asked;

  // The browser offers the person's passkeys in the address field's suggestions.
  const offer = async () => {
    if (!form.dataset.conditional || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    const publicKey = await ask(form);
    asked = publicKey;
    const { signal } = waiting;
    send(form, await navigator.credentials.get({ publicKey, mediation: "conditional", signal }));
  };
  offer().catch(() => {});

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    waiting.abort();
    waiting = new AbortController();
    try {
      const publicKey = asked ?? (await ask(form));
      asked = undefined;
      const create = form.dataset.passkey === "create";
      const { signal } = waiting;
      const options = { publicKey, signal };
      send(form, await (create ? navigator.credentials.create(options) : navigator.credentials.get(options)));
    } catch {
      failed.hidden = false;
    }
  });
}
