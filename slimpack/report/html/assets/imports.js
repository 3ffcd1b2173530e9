// The imports of init, before and after, on one axis: as wide as they took, below the one that imported them first.

const [ROW, LETTER, TICK] = [19, 6.8, 64]; // pixels of a row, of a letter, of a mark on the axis
const [SEEN, OWNERS] = [0.0012, 6]; // the share of the axis that is drawn; owners with a colour of their own

function importsChart() {
    const chart = byId("imports-chart");
    if (!report.after.nodes.length) {
        for (const id of ["imports-crumbs", "imports-hint", "imports-legend", "imports-line"])
            byId(id).hidden = true;
        return () => {};
    }
    const lanes = [
        ["Before", "before", report.before],
        ["After", "after", report.after],
    ].filter(([, , tree]) => tree.nodes.length);
    const colours = coloursOf(lanes.map(([, , tree]) => tree));
    const state = { at: null, owner: null, chosen: null };
    const keys = roving(chart, {
        open: (item) => open(item.node.module),
        zoom: (item) => zoom(item.node.module),
        out,
    });

    function open(module) {
        state.chosen = module;
        dim();
        showModule(module);
    }

    function zoom(module) {
        state.at = module;
        draw();
    }

    function out() {
        if (!state.at) return;
        const node = state.at.before ?? state.at.after;
        zoom(node.parent && node.parent.parent ? node.parent.module : null);
    }

    function roots(tree, when) {
        return state.at ? [state.at[when]].filter(Boolean) : tree.roots;
    }

    function draw() {
        const whole = Math.max(...lanes.map(([, when, tree]) => sum(roots(tree, when), (node) => node.all)));
        keys(() => {
            const items = [];
            const drawn = lanes.map(([name, when, tree]) => {
                const made = laneItems(roots(tree, when), when, whole, colours, chart.clientWidth);
                items.push(...made);
                return lane(name, roots(tree, when), made, whole, chart.clientWidth);
            });
            chart.replaceChildren(...drawn);
            return items;
        });
        drawCrumbs();
        drawLegend();
        dim();
    }

    function drawCrumbs() {
        const trail = [];
        for (let node = state.at && (state.at.before ?? state.at.after); node; node = node.parent)
            trail.unshift(node.module);
        byId("imports-crumbs").hidden = !state.at;
        const parts = [link("all of init", () => zoom(null))];
        for (const module of trail)
            parts.push(
                " / ",
                module === state.at ? element("b", {}, module.name) : link(module.name, () => zoom(module)),
            );
        replaced(byId("imports-crumbs"), parts);
    }

    function drawLegend() {
        const entries = [...new Map([...colours].map(([owner, kind]) => [kind, owner]))].map(
            ([kind, owner]) => {
                const name = kind === "other" ? "other distributions" : owner.label;
                const own = (tree) =>
                    sum(tree.nodes, (node) => (colours.get(node.module.owner) === kind ? node.own : 0));
                const times = lanes.map(([, , tree]) => milliseconds(own(tree))).join(" → ");
                return legendEntry(
                    `o-${kind}`,
                    name,
                    "own time of its modules",
                    times,
                    state.owner === kind,
                    () => {
                        state.owner = state.owner === kind ? null : kind;
                        drawLegend();
                        dim();
                    },
                );
            },
        );
        replaced(byId("imports-legend"), entries);
    }

    function dim() {
        for (const tile of chart.querySelectorAll(".tile")) {
            const off = state.owner !== null && colours.get(tile.item.node.module.owner) !== state.owner;
            tile.classList.toggle("dim", off);
            tile.classList.toggle("chosen", tile.item.node.module === state.chosen);
        }
    }

    pointed(chart, byId("imports-line"), (item) => momentOf(item.node));
    chart.addEventListener("click", (event) => {
        const item = event.target.closest("[role=treeitem]")?.item;
        if (!item) return;
        if (item.node.module === state.chosen && !details.panel.hidden) zoom(item.node.module);
        else open(item.node.module);
    });
    resized(chart, draw);
    return zoom;
}

// A colour for those that cost most, one for all others, own code, and the standard library.
function coloursOf(trees) {
    const costs = new Map();
    for (const tree of trees)
        for (const { module, own } of tree.nodes)
            costs.set(module.owner, (costs.get(module.owner) ?? 0) + own);
    const ranked = [...costs]
        .sort((one, other) => other[1] - one[1] || byName(one[0].name, other[0].name))
        .map(([owner]) => owner);
    const dear = ranked.filter((owner) => !owner.own && owner !== NO_OWNER);
    const kindOf = (owner) =>
        owner.own
            ? "own"
            : owner === NO_OWNER
              ? "standard"
              : dear.indexOf(owner) < OWNERS
                ? dear.indexOf(owner)
                : "other";
    return new Map(ranked.map((owner) => [owner, kindOf(owner)]));
}

function laneItems(roots, when, whole, colours, width) {
    const items = [];
    const first = roots[0]?.start ?? 0;
    const depth = roots[0]?.depth ?? 0;
    const made = (node, parent) => {
        if (node.all < whole * SEEN) return null;
        const item = { node, parent, children: [], key: `${when} ${node.module.name}` };
        const [left, wide] = [(100 * (node.start - first)) / whole, (100 * node.all) / whole];
        item.element = element(
            "div",
            {
                class: `tile o-${colours.get(node.module.owner)}`,
                role: "treeitem",
                tabindex: "-1",
                "aria-level": node.depth - depth + 1,
                "aria-label": `${node.module.name}, ${milliseconds(node.all)}, itself ${milliseconds(node.own)}`,
            },
            labelOf(node, (wide / 100) * width),
        );
        item.element.item = item;
        Object.assign(item.element.style, {
            left: `${left}%`,
            width: `${wide}%`,
            top: `${(node.depth - depth) * ROW}px`,
        });
        items.push(item);
        item.children = node.children.map((child) => made(child, item)).filter(Boolean);
        return item;
    };
    for (const root of roots) made(root, null);
    return items;
}

// As much of a name as there is room for: whole with its time, whole, or its last part.
function labelOf({ module, all }, room) {
    const last = module.name.slice(module.name.lastIndexOf(".") + 1);
    const fits = (text) => text.length * LETTER + 8 < room;
    if (fits(`${module.name} 000 ms`))
        return element("span", {}, module.name, element("i", {}, milliseconds(all)));
    return fits(module.name)
        ? element("span", {}, module.name)
        : fits(last.slice(0, 5))
          ? element("span", {}, last)
          : "";
}

function lane(name, roots, items, whole, width) {
    const modules = sum(roots, below);
    const all = sum(roots, (node) => node.all);
    const rows = 1 + Math.max(0, ...items.map((item) => Number(item.element.getAttribute("aria-level")) - 1));
    const marks = d3.ticks(0, whole / 1000, width < 600 ? 4 : 8);
    const axis = marks.map((mark) => {
        const tick = element(
            "span",
            { class: "tick" },
            mark === 0 || (1 - (mark * 1000) / whole) * width < TICK ? "" : `${count(mark)} ms`,
        );
        tick.style.left = `${(100 * mark * 1000) / whole}%`;
        return tick;
    });
    const imports = element(
        "div",
        { class: "imports", role: "tree", "aria-label": `Imports of init, ${name.toLowerCase()}` },
        items.map((item) => item.element),
    );
    imports.style.height = `${rows * ROW}px`;
    const title = element(
        "h3",
        {},
        name,
        element("span", {}, modules ? ` ${milliseconds(all)}, ${count(modules, "module")}` : " not imported"),
    );
    return element(
        "div",
        { class: "lane" },
        title,
        element("div", { class: "axis", "aria-hidden": "true" }, axis),
        imports,
    );
}

function below(node) {
    return 1 + sum(node.children, below);
}

function momentOf(node) {
    const { module, all, own } = node;
    const { by: importer, sake } = importerOf(node);
    const by = `first imported by ${importer?.module.name ?? "the runtime"}${sake ? ` for ${sake.module.name}` : ""}`;
    const cost = `${milliseconds(all)} with all it imports, itself ${milliseconds(own)}`;
    return `${module.name} (${module.owner.label}), ${cost}; ${by}`;
}
