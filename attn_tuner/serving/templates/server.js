// Asks the server, and turns each of its refusals into an Error with its sentence.

async function read(reply) {
  let given;
  try {
    given = await reply.json();
  } catch {
    throw new Error(`The server answered ${reply.status}.`);
  }
  if (!reply.ok) {
    throw new Error(given.error || `The server answered ${reply.status}.`);
  }
  return given;
}

async function send(path, options) {
  let reply;
  try {
    reply = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") {
      throw error;
    }
    throw new Error("The server does not respond.");
  }
  return read(reply);
}

export const get = (path) => send(path, { cache: "no-store" });

export function post(path, body, { headers = {}, signal } = {}) {
  return send(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal,
  });
}
