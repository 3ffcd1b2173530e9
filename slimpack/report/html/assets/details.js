// The panel that says all about one thing: a file, a module, a distribution, or the reason of what was dropped.

const details = { panel: byId("details"), opener: null, shown: [] };

function show(make, focus = true) {
    if (details.panel.hidden) details.opener = document.activeElement;
    details.shown.push(make);
    drawDetails(focus);
}

function drawDetails(focus) {
    const { title, kind, body } = details.shown.at(-1)();
    const heading = element("h2", { id: "details-title", tabindex: "-1" }, parted(title));
    const back = details.shown.length > 1 && button("Back", () => (details.shown.pop(), drawDetails(true)));
    details.panel.replaceChildren(
        element(
            "div",
            { class: "details-bar" },
            element("span", {}, kind),
            back || "",
            button("Close", closeDetails),
        ),
        heading,
        ...body.flat(Infinity).filter(Boolean),
    );
    asItWas(() => {
        details.panel.hidden = false;
        document.body.classList.add("with-details");
    });
    details.panel.scrollTop = 0;
    if (focus) heading.focus({ preventScroll: true });
}

function closeDetails() {
    if (details.panel.hidden) return;
    details.shown = [];
    asItWas(() => {
        details.panel.hidden = true;
        document.body.classList.remove("with-details");
    });
    again(details.opener)?.focus({ preventScroll: true });
}

// What opened the panel; of a chart that was drawn anew meanwhile, the item that now stands for it.
function again(opener) {
    if (opener?.isConnected || !opener?.item) return opener;
    return [...document.querySelectorAll("[role=treeitem]")].find(
        (tile) => tile.item.key === opener.item.key,
    );
}

// The panel takes room, so lines above wrap otherwise: what is looked at stays where it is on the screen.
function asItWas(change) {
    const section = document.activeElement?.closest("section");
    const before = section?.getBoundingClientRect().top;
    change();
    if (section) scrollBy({ top: section.getBoundingClientRect().top - before, behavior: "instant" });
}

function facts(rows) {
    return element(
        "dl",
        { class: "facts" },
        rows
            .filter(Boolean)
            .map(([name, ...values]) =>
                element("div", {}, element("dt", {}, name), element("dd", {}, ...values)),
            ),
    );
}

function listed(title, rows, shown = 8) {
    if (!rows.length) return "";
    const rest = rows.length - shown;
    return [
        element("h3", {}, title),
        element(
            "ul",
            { class: "rows" },
            rows.slice(0, shown).map(([name, value]) => element("li", {}, name, element("span", {}, value))),
        ),
        rest > 0 && element("p", { class: "hint" }, `and ${count(rest)} more`),
    ];
}

function showFile(file) {
    show(() => ({
        kind: "File",
        title: file.path,
        body: [
            element("p", {}, fateOf(file)),
            facts([
                ["From", ownerLink(file.owner)],
                ["Unpacked before", file.size ? size(file.size) : "–"],
                ["Ships as", file.shipped ? size(file.shipped) : "–"],
                ["In the zip", file.stored ? size(file.stored) : "–"],
                file.transforms.length && ["Changed by", file.transforms.join(", ")],
            ]),
            file.gone &&
                element(
                    "p",
                    {},
                    "To keep it: ",
                    element("code", {}, `--keep ${file.path}`),
                    " or ",
                    element("code", {}, `keep = ["${file.path}"]`),
                    " in [tool.slimpack].",
                ),
            !file.gone && routeBlock(file),
            moduleOf(file) && costs(moduleOf(file)),
        ],
    }));
}

function showModule(module) {
    show(() => ({
        kind: "Module",
        title: module.name,
        body: [
            facts([
                ["From", ownerLink(module.owner)],
                module.file && ["File", link(module.file.path, () => showFile(module.file))],
            ]),
            element(
                "p",
                {},
                button("Zoom the chart to it", () => importsZoom(module)),
            ),
            costs(module),
            module.file && routeBlock(module.file),
        ],
    }));
}

function showOwner(owner) {
    if (owner === NO_OWNER) return;
    const files = report.files.filter((file) => file.owner === owner);
    const staying = files.filter((file) => file.shipped);
    const going = files.filter((file) => file.gone);
    show(() => ({
        kind: owner.own ? "Project" : "Distribution",
        title: `${owner.label} ${owner.version}`.trim(),
        body: [
            facts([
                [
                    "Unpacked before",
                    size(sum(files, (file) => file.before)),
                    ` in ${count(files.length, "file")}`,
                ],
                ["Ships", size(sum(files, (file) => file.shipped)), ` in ${count(staying.length, "file")}`],
                ["In the zip", size(sum(files, (file) => file.stored))],
                ["Dropped", size(sum(going, (file) => file.size)), ` in ${count(going.length, "file")}`],
                initOf(owner),
            ]),
            listed(
                "Largest that ship",
                largest(staying, (file) => file.shipped),
            ),
            listed(
                "Largest that went",
                largest(going, (file) => file.size),
            ),
        ],
    }));
}

function showPass(by) {
    const files = report.files.filter((file) => file.gone && file.by === by);
    const whys = [...new Set(files.map((file) => file.why))];
    show(() => ({
        kind: "Dropped by",
        title: by,
        body: [
            facts([
                ["Unpacked", size(sum(files, (file) => file.size)), ` in ${count(files.length, "file")}`],
            ]),
            element(
                "p",
                {},
                button(`All ${count(files.length, "file")} in the table`, () => filesTable.filter(by)),
            ),
            listed(
                "Reasons",
                whys.map((why) => [why, count(files.filter((file) => file.why === why).length)]),
                20,
            ),
            listed(
                "Largest",
                largest(files, (file) => file.size),
                20,
            ),
        ],
    }));
}

function largest(files, bytes) {
    return [...files]
        .sort((one, other) => bytes(other) - bytes(one) || byName(one.path, other.path))
        .map((file) => [link(file.path, () => showFile(file)), size(bytes(file))]);
}

function ownerLink(owner) {
    return owner === NO_OWNER
        ? owner.label
        : link(`${owner.label} ${owner.version}`.trim(), () => showOwner(owner));
}

function fateOf(file) {
    const word = file.action === "drop" ? "Dropped" : file.action === "cold" ? "In the archive" : "Kept";
    return [element("strong", {}, word), ` by ${file.by}: ${file.why}.`];
}

function routeBlock(file) {
    const steps = routeOf(file);
    if (!steps.length) return "";
    return [
        element("h3", {}, "Route from the handler"),
        element(
            "ol",
            { class: "route" },
            steps
                .reverse()
                .map((step) =>
                    element(
                        "li",
                        {},
                        step === file
                            ? element("b", {}, parted(step.path))
                            : link(step.path, () => showFile(step)),
                        element("span", {}, reasonOf(step)),
                    ),
                ),
        ),
    ];
}

function reasonOf(step) {
    const place = step.parent ? ` in ${step.parent.name}${step.line ? `:${step.line}` : ""}` : "";
    return `${step.kind}${place}${step.detail ? ` (${step.detail})` : ""}`;
}

function moduleOf(file) {
    return report.modules.find((module) => module.file === file);
}

function initOf(owner) {
    const own = (tree) => sum(tree.nodes, (node) => (node.module.owner === owner ? node.own : 0));
    const [before, after] = [own(report.before), own(report.after)];
    return (before || after) && ["Own time in init", `${milliseconds(before)} → ${milliseconds(after)}`];
}

function costs({ before, after }) {
    const node = after ?? before;
    const pair = (value) => [before, after].map((one) => (one ? milliseconds(value(one)) : "–")).join(" → ");
    const chain = [];
    for (let at = importerOf(node).by; at; at = importerOf(at).by) chain.unshift(at);
    const { sake } = importerOf(node);
    const below = [...node.children].sort((one, other) => other.all - one.all);
    return [
        element("h3", {}, "Cost in init, before → after"),
        !after && element("p", {}, "The artifact's init does not load it any more."),
        facts([
            ["With all it imports", pair((one) => one.all)],
            ["Itself", pair((one) => one.own)],
            [
                "First imported by",
                chain.length ? moduleLink(chain.at(-1).module) : "the runtime",
                sake ? ` for ${sake.module.name}` : "",
            ],
        ]),
        chain.length > 1 && [
            element("h3", {}, "How the import came about"),
            element(
                "ol",
                { class: "route" },
                chain.map((one) =>
                    element("li", {}, moduleLink(one.module), element("span", {}, milliseconds(one.all))),
                ),
            ),
        ],
        listed(
            "It was the first to import",
            below.map((one) => [moduleLink(one.module), milliseconds(one.all)]),
        ),
    ];
}

function moduleLink(module) {
    return link(module.name, () => showModule(module));
}
