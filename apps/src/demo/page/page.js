(() => {
  const shown = 120, colours = 6;
  const at = id => document.getElementById(id);
  const answers = at("answers"), counts = new Map();
  let timer = 0;
  const colour = version => {
    const major = parseInt(version.replace(/^v/, ""), 10);
    return Number.isNaN(major) || major < 0 ? "c0" : "c" + major % colours;
  };
  const tally = key => {
    counts.set(key, (counts.get(key) || 0) + 1);
    at("tally").textContent = [...counts].sort().map(([k, n]) => n + " × " + k).join("   ");
  };
  const mark = (name, title) => {
    const cell = document.createElement("i");
    cell.className = name;
    cell.title = title;
    answers.append(cell);
    while (answers.childElementCount > shown) answers.firstChild.remove();
  };
  const show = who => {
    document.body.className = colour(who.version);
    for (const key of ["cluster", "variant", "version", "pod"]) at(key).textContent = who[key];
    at("cluster2").textContent = who.cluster;
    const key = who.cluster + " " + who.variant + " " + who.version;
    mark(colour(who.version), key);
    tally(key);
  };
  const ask = async () => {
    try {
      const response = await fetch("/api/whoami", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (!response.ok) throw new Error("status " + response.status);
      show(await response.json());
    } catch (error) {
      mark("failed", String(error));
      tally("failed");
    }
  };
  at("watch").addEventListener("click", event => {
    if (timer) { clearInterval(timer); timer = 0; } else { timer = setInterval(ask, 500); ask(); }
    event.target.textContent = timer ? "stop" : "watch";
  });
  if (new URLSearchParams(location.search).has("watch")) at("watch").click();
})();
