// The map of bytes: distribution, folder, file; as large as they are, coloured by what became of them and why.

const VIEWS = [
    { name: "Before", of: (file) => file.before, about: "unpacked, as other tools ship it" },
    { name: "After", of: (file) => file.shipped, about: "unpacked, as it ships" },
    { name: "In the zip", of: (file) => file.stored, about: "compressed, without the zip's own headers" },
    { name: "Dropped", of: (file) => file.lost, about: "unpacked, what did not stay" },
];
// Pixels: of a side that is drawn, of the room for a name, of a heading, of a finger.
const [LEAST, NAMED, HEAD, TOUCH] = [2.5, 46, 17, 24];
const FEW = 12; // files, for which a large map would be a waste

function bytesMap() {
    const map = byId("bytes-map");
    const root = folders(report.files);
    const state = { view: 0, at: root, group: null, wanted: null, chosen: null };
    const keys = roving(map, {
        open: (item) => open(item.node, true),
        zoom: (item) => item.node.file || open(item.node),
        out,
    });

    function open(node, focus) {
        if (node.file) {
            state.chosen = keyOf(node);
            choose();
            return showFile(node.file, focus);
        }
        state.at = sole(node, state.view).node;
        draw();
    }

    function out() {
        let node = state.at.up;
        while (node?.up && sole(node, state.view).node !== node) node = node.up;
        if (node) open(node);
    }

    if (report.files.length < FEW) map.style.height = `${120 + 24 * report.files.length}px`;

    function draw() {
        const value = (node) => node.values[state.view];
        const laid = laidOut(state.at, state.view, map.clientWidth, map.clientHeight);
        keys(() => {
            const items = tiles(laid, value(state.at));
            map.setAttribute("role", items.length ? "tree" : "group");
            map.replaceChildren(...items.map((item) => item.element));
            if (!items.length)
                map.append(
                    element(
                        "p",
                        { class: "empty" },
                        `Nothing ${state.view === 3 ? "was dropped" : "is"} here.`,
                    ),
                );
            return items;
        });
        drawViews();
        drawCrumbs(value);
        drawLegend();
        dim();
        choose();
    }

    function drawViews() {
        const buttons = VIEWS.map((view, place) =>
            button(
                [view.name, element("span", {}, size(root.values[place]))],
                () => {
                    state.view = place;
                    while (state.at.up && !state.at.values[place]) state.at = state.at.up;
                    draw();
                },
                { "aria-pressed": String(place === state.view), "data-key": view.name },
            ),
        );
        replaced(byId("bytes-views"), buttons);
    }

    function drawCrumbs(value) {
        const trail = [];
        for (let node = state.at; node; node = node.up) trail.unshift(node);
        const parts = trail.map((node) =>
            node === state.at ? element("b", {}, node.name) : link(node.name, () => open(node)),
        );
        const about = `${size(value(state.at))} ${VIEWS[state.view].about}`;
        replaced(byId("bytes-crumbs"), [
            ...parts.flatMap((part) => [part, " / "]).slice(0, -1),
            element("span", {}, about),
        ]);
    }

    function drawLegend() {
        const totals = new Map();
        for (const file of state.at.files()) {
            const value = VIEWS[state.view].of(file);
            if (value) totals.set(file.group, (totals.get(file.group) ?? 0) + value);
        }
        const whole = state.at.values[state.view];
        if (!totals.has(state.group)) state.group = null;
        const entries = [...totals]
            .sort((one, other) => other[1] - one[1])
            .map(([group, value]) => {
                const { name, about } = report.groups[group];
                return legendEntry(
                    `g${group}`,
                    name,
                    about,
                    share(value, whole),
                    state.group === group,
                    () => {
                        state.group = state.group === group ? null : group;
                        drawLegend();
                        dim();
                    },
                );
            });
        replaced(byId("bytes-legend"), entries);
    }

    function choose() {
        for (const tile of map.children)
            tile.classList.toggle("chosen", Boolean(state.chosen) && tile.item?.key === state.chosen);
    }

    function dim() {
        for (const tile of map.children) {
            const file = tile.item?.node.file;
            const off =
                file &&
                ((state.group !== null && file.group !== state.group) ||
                    (state.wanted && !state.wanted.has(file)));
            tile.classList.toggle("dim", Boolean(off));
        }
    }

    pointed(map, byId("bytes-line"), (item) => wordsOf(item, state));
    map.addEventListener("click", (event) => {
        const item = event.target.closest("[role=treeitem]")?.item;
        if (!item) return;
        const small = Math.min(item.element.clientWidth, item.element.clientHeight) < TOUCH;
        let node = item.node;
        // What is too small to be meant opens the distribution that it is in.
        if (node.file && small) while (node.up !== state.at) node = node.up;
        open(node);
    });
    resized(map, draw);
    return { want: (files) => ((state.wanted = files), dim()) };
}

// Folders from paths, with the bytes of each view summed up.
function folders(files) {
    const root = folder("everything", null);
    for (const file of files) {
        let node = inside(root, file.owner.label);
        const parts = file.path.split("/");
        for (const part of parts.slice(0, -1)) node = inside(node, part);
        node.children.push({
            name: file.name,
            up: node,
            file,
            children: [],
            values: VIEWS.map((view) => view.of(file)),
        });
    }
    summed(root);
    return root;
}

function folder(name, up) {
    const node = { name, up, children: [], byName: new Map() };
    node.files = () => node.children.flatMap((child) => (child.file ? [child.file] : child.files()));
    return node;
}

function inside(node, name) {
    let found = node.byName.get(name);
    if (!found) {
        found = folder(name, node);
        node.byName.set(name, found);
        node.children.push(found);
    }
    return found;
}

function summed(node) {
    for (const child of node.children) if (!child.file) summed(child);
    node.values = VIEWS.map((_, view) => sum(node.children, (child) => child.values[view]));
}

function inner(node, view) {
    return node.children.filter((child) => child.values[view] > 0).map((child) => sole(child, view));
}

// A folder with nothing in it but one folder is drawn as one with that.
function sole(node, view) {
    let name = node.name;
    for (;;) {
        const below = node.file ? [] : node.children.filter((child) => child.values[view] > 0);
        if (below.length !== 1 || below[0].file) return { node, name };
        name = alike(node.name, below[0].name) ? name : `${name}/${below[0].name}`;
        node = below[0];
    }
}

function laidOut(node, view, width, height) {
    const root = d3.hierarchy({ node, name: node.name }, ({ node: at }) =>
        at.file ? null : inner(at, view),
    );
    root.each((one) => (one.value = one.data.node.values[view]));
    root.sort((one, other) => other.value - one.value || byName(one.data.name, other.data.name));
    const headed = (one) =>
        one.depth > 0 &&
        one.depth < 4 &&
        !repeats(one) &&
        one.x1 - one.x0 > NAMED &&
        one.y1 - one.y0 > 2 * HEAD;
    const layout = d3
        .treemap()
        .size([width, height])
        .tile(d3.treemapSquarify.ratio(1.3))
        .paddingInner((one) => (one.depth === 0 && !node.up ? 4 : one.depth < 2 ? 2 : 1))
        .paddingTop((one) => (headed(one) ? HEAD : 0));
    layout(root);
    root.each((one) => (one.headed = one.children && headed(one)));
    return root;
}

// A folder of the name of its distribution, as most have: its heading would say the same again.
function repeats(one) {
    return one.depth > 1 && alike(one.data.name, one.parent.data.name);
}

function alike(...names) {
    const [one, other] = names.map((name) => name.toLowerCase().replace(/[-_.]/g, ""));
    return one === other;
}

function tiles(root, whole) {
    const items = [];
    const [width, height] = [root.x1 - root.x0, root.y1 - root.y0];
    const made = (one, parent) => {
        const [w, h] = [one.x1 - one.x0, one.y1 - one.y0];
        if (w < LEAST || h < LEAST) return null;
        const { node, name } = one.data;
        const item = { node, name, parent, children: [], key: keyOf(node) };
        const { file } = node;
        const label =
            one.headed ||
            (file && w > NAMED && h > 14) ||
            (!file && !one.headed && w > NAMED && h > 14 && !roomy(one));
        item.element = element(
            "div",
            {
                class: `tile ${file ? `g${file.group}` : one.headed ? "folder headed" : "folder"}`,
                role: "treeitem",
                tabindex: "-1",
                "aria-level": one.depth,
                "aria-label": `${name}, ${size(one.value)}, ${share(one.value, whole)}`,
            },
            label ? element("span", {}, name, one.headed ? element("i", {}, size(one.value)) : "") : "",
        );
        item.element.item = item;
        Object.assign(item.element.style, {
            left: `${(100 * one.x0) / width}%`,
            width: `${(100 * w) / width}%`,
            top: `${(100 * one.y0) / height}%`,
            height: `${(100 * h) / height}%`,
        });
        items.push(item);
        item.children = (one.children ?? []).map((child) => made(child, item)).filter(Boolean);
        return item;
    };
    for (const child of root.children ?? []) made(child, null);
    return items;
}

// Whether anything in a folder without a heading is drawn, so that a name would lie over it.
function roomy(one) {
    return (one.children ?? []).some((child) => child.x1 - child.x0 >= LEAST && child.y1 - child.y0 >= LEAST);
}

function keyOf(node) {
    return node.file ? node.file.path : `${node.up ? keyOf(node.up) : ""}/${node.name}`;
}

function wordsOf({ node, name }, { view, at }) {
    const value = node.values[view];
    const where = node.file ? node.file.path : name;
    const fate = node.file
        ? `${report.groups[node.file.group].name}: ${node.file.why}`
        : count(node.files().length, "file");
    return `${where}, ${size(value)}, ${share(value, at.values[view])}. ${fate}`;
}
