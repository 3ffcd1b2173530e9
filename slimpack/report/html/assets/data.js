// The columns that slimpack/report/html/payload.py wrote -> files, owners, modules, and two trees of imports.

const NO_OWNER = { place: -1, name: "standard library", label: "standard library", own: false };

function read(data) {
    const owners = data.owners.map(([name, version], place) => ({
        place,
        name,
        version,
        own: name === "",
        label: name === "" ? "own code" : name,
    }));
    const files = filesOf(data.files, owners, data.dropped);
    const modules = modulesOf(data.modules, files);
    const findings = data.findings.map(([severity, code, where, message, help]) => ({
        severity,
        code,
        where,
        message,
        help,
    }));
    const groups = data.groups.map(([name, about], place) => ({
        place,
        name,
        about,
        stays: place < data.dropped,
    }));
    return {
        owners,
        files,
        modules,
        findings,
        groups,
        before: importsOf(data.before, modules, "before"),
        after: importsOf(data.after, modules, "after"),
        paths: new Map(files.map((file) => [file.path, file])),
    };
}

function unpacked({ shared, rest }) {
    let before = "";
    return rest.map((text, place) => (before = before.slice(0, shared[place]) + text));
}

function filesOf(columns, owners, dropped) {
    const files = unpacked(columns).map((path, place) => {
        const [action, by, why] = columns.fates[columns.fate[place]];
        return {
            path,
            action,
            by,
            why,
            name: path.slice(path.lastIndexOf("/") + 1),
            owner: owners[columns.owner[place]],
            size: columns.size[place],
            shipped: columns.shipped[place],
            stored: columns.stored[place],
            group: columns.group[place],
            gone: columns.group[place] >= dropped,
            kind: columns.kinds[columns.kind[place]],
            line: columns.line[place],
            detail: columns.details[columns.detail[place]],
            transforms: columns.transforms[columns.rewrites[place]],
        };
    });
    files.forEach((file, place) => {
        file.parent = files[columns.parent[place]];
        // Own files that do not ship are no part of the plain package that sizes are compared with.
        file.before = file.owner.own && !file.shipped ? 0 : file.size;
        file.lost = file.gone ? file.size : 0;
    });
    return files;
}

function modulesOf(columns, files) {
    const tops = new Map();
    for (const file of files) tops.set(file.path.split("/")[0].split(".")[0], file.owner);
    return unpacked(columns).map((name, place) => {
        const file = files[columns.file[place]];
        return { name, file, owner: file?.owner ?? tops.get(name.split(".")[0]) ?? NO_OWNER };
    });
}

function importsOf(columns, modules, when) {
    const nodes = columns.module.map((module, place) => ({
        module: modules[module],
        own: columns.own[place],
        all: columns.all[place],
        children: [],
        start: 0,
        depth: 0,
    }));
    const roots = [];
    nodes.forEach((node, place) => {
        node.parent = nodes[columns.parent[place]];
        node.module[when] ??= node;
        // The list goes back in time.
        (node.parent?.children ?? roots).unshift(node);
    });
    let start = 0;
    for (const root of roots) start = placed(root, start, 0);
    return { roots, nodes, all: start };
}

// What a module imports is drawn first and its own time last: where in it that was spent is not known.
function placed(node, start, depth) {
    Object.assign(node, { start, depth });
    let at = start;
    for (const child of node.children) at = placed(child, at, depth + 1);
    return start + node.all;
}

// Who imported a module first, and the submodule for whose sake where it is a package that came along with that.
function importerOf(node) {
    let by = node.parent;
    while (by?.module.name.startsWith(`${node.module.name}.`)) by = by.parent;
    return { by, sake: by === node.parent ? null : node.parent };
}

// From a file back to the entry point, nearest first.
function routeOf(file) {
    const steps = [];
    const seen = new Set();
    for (let at = file; at && at.kind && !seen.has(at); at = at.parent) {
        seen.add(at);
        steps.push(at);
    }
    return steps;
}
