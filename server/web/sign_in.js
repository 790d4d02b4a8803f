document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const problem = document.getElementById("problem");
  problem.textContent = "";
  try {
    const reply = await fetch("sign-in", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ token: document.getElementById("token").value.trim() }),
    });
    if (reply.ok) location.reload();
    else problem.textContent = (await reply.json()).message;
  } catch {
    problem.textContent = "The server does not answer; try again.";
  }
});
