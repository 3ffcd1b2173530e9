// The page: read the data, draw, and listen.

const report = read(JSON.parse(byId("data").textContent));
let filesTable;
let importsZoom;

function theme() {
    const root = document.documentElement;
    const dark = () =>
        (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) ===
        "dark";
    const toggle = byId("theme");
    const say = () => (toggle.textContent = dark() ? "Light" : "Dark");
    toggle.addEventListener("click", () => {
        root.dataset.theme = dark() ? "light" : "dark";
        say();
    });
    say();
}

function start() {
    theme();
    search(bytesMap());
    importsZoom = importsChart();
    slowestTable();
    distributionsTable();
    droppedTable();
    findingsTable();
    filesTable = makeFilesTable();
    document.addEventListener("keydown", (event) => event.key === "Escape" && closeDetails());
}

start();
