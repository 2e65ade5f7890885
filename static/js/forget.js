// Who signs out leaves nothing behind in this browser: what is stored for these pages is all ours. Where the connection is
// trusted the server's answer says so too.
function forget() {
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      globalThis[name].clear();
    } catch {
      // Storage may be blocked: then there is nothing in it.
    }
  }
}

document.addEventListener("submit", (event) => event.target.matches("[data-sign-out]") && forget());
