// What the tables show.

function distributionsTable() {
    const rows = report.owners
        .map((owner) => {
            const files = report.files.filter((file) => file.owner === owner);
            const own = (tree) => sum(tree.nodes, (node) => (node.module.owner === owner ? node.own : 0));
            return {
                owner,
                files: files.length,
                kept: files.filter((file) => file.shipped).length,
                before: sum(files, (file) => file.before),
                after: sum(files, (file) => file.shipped),
                stored: sum(files, (file) => file.stored),
                init: own(report.after),
            };
        })
        .filter((row) => row.files);
    const most = Math.max(...rows.map((row) => row.before));
    table(byId("distributions"), {
        title: "Distributions",
        unit: "row",
        by: 4,
        rows,
        about: "Bytes unpacked before and after, in the zip, and the own time of its modules in the artifact's init.",
        columns: [
            {
                name: "Name",
                value: ({ owner }) => `${owner.label} ${owner.version}`.trim(),
                show: ({ owner }) => [
                    link(owner.label, () => showOwner(owner)),
                    element("span", { class: "quiet" }, ` ${owner.version}`),
                ],
            },
            { name: "Before", value: (row) => row.before, show: (row) => size(row.before), number: true },
            {
                name: "After",
                value: (row) => row.after,
                show: (row) => (row.after ? size(row.after) : "–"),
                number: true,
            },
            {
                name: "Kept",
                value: (row) => row.before && row.after / row.before,
                show: (row) => bar(row.before, row.after, most),
                rated: true,
                minor: true,
                wide: true,
            },
            {
                name: "In the zip",
                value: (row) => row.stored,
                show: (row) => (row.stored ? size(row.stored) : "–"),
                number: true,
            },
            {
                name: "Files",
                value: (row) => row.kept,
                show: (row) => `${count(row.kept)} of ${count(row.files)}`,
                number: true,
                minor: true,
            },
            ...(report.after.nodes.length
                ? [
                      {
                          name: "Init",
                          value: (row) => row.init,
                          show: (row) => (row.init ? milliseconds(row.init) : "–"),
                          number: true,
                          minor: true,
                      },
                  ]
                : []),
        ],
    });
}

function droppedTable() {
    const passes = new Map();
    for (const file of report.files) {
        if (!file.gone) continue;
        const row = passes.get(file.by) ?? { by: file.by, files: 0, bytes: 0, whys: new Map() };
        row.whys.set(file.why, (row.whys.get(file.why) ?? 0) + 1);
        passes.set(file.by, { ...row, files: row.files + 1, bytes: row.bytes + file.size });
    }
    const rows = [...passes.values()];
    const all = sum(rows, (row) => row.bytes);
    table(byId("dropped"), {
        title: "Why bytes went",
        unit: "reason",
        by: 3,
        rows,
        empty: "Nothing was dropped.",
        about: "A reason is the name of the pass that decided; it says why for each file.",
        columns: [
            { name: "Reason", value: (row) => row.by, show: (row) => link(row.by, () => showPass(row.by)) },
            { name: "Mostly because", value: mostly, minor: true, wide: true },
            { name: "Files", value: (row) => row.files, show: (row) => count(row.files), number: true },
            { name: "Unpacked", value: (row) => row.bytes, show: (row) => size(row.bytes), number: true },
            {
                name: "Share",
                value: (row) => row.bytes / (all || 1),
                show: (row) => share(row.bytes, all),
                number: true,
                minor: true,
            },
        ],
    });
}

function mostly({ whys }) {
    const [[why]] = [...whys].sort((one, other) => other[1] - one[1] || byName(one[0], other[0]));
    return whys.size > 1 ? `${why}, and ${count(whys.size - 1, "other reason")}` : why;
}

function findingsTable() {
    const ranks = ["error", "warning", "info"];
    const rows = report.findings.map((finding, rank) => ({ ...finding, rank }));
    table(byId("findings"), {
        title: "Findings",
        unit: "finding",
        by: 0,
        rows,
        empty: "There is nothing to know beyond what stands here.",
        columns: [
            {
                name: "Severity",
                value: (row) => `${ranks.indexOf(row.severity)} ${row.severity}`,
                show: (row) => element("span", { class: `severity ${row.severity}` }, row.severity),
            },
            { name: "Code", value: (row) => row.code },
            { name: "Where", value: (row) => row.where, show: (row) => whereOf(row.where) },
            {
                name: "Finding",
                value: (row) => `${row.message} ${row.help}`,
                show: (row) => [
                    row.message,
                    row.help ? element("span", { class: "quiet" }, ` ${row.help}`) : "",
                ],
                wide: true,
            },
        ],
    });
}

function whereOf(where) {
    const file = report.paths.get(where.replace(/:\d+$/, ""));
    return file ? link(where, () => showFile(file)) : where;
}

function slowestTable() {
    const rows = report.modules.filter((module) => module.before || module.after);
    if (!rows.length) return;
    const time = (name, when, part, more) => ({
        name,
        number: true,
        ...more,
        value: (row) => row[when]?.[part] ?? 0,
        show: (row) => (row[when] ? milliseconds(row[when][part]) : "–"),
    });
    const parentOf = (row) => importerOf(row.after ?? row.before).by?.module;
    table(byId("slowest"), {
        title: "Slowest imports",
        level: "h3",
        unit: "module",
        by: report.after.nodes.length ? 4 : 2,
        rows,
        columns: [
            { name: "Module", value: (row) => row.name, show: moduleLink },
            { name: "From", value: (row) => row.owner.label, minor: true },
            time("Before", "before", "all", { minor: true }),
            time("Itself before", "before", "own", { minor: true }),
            time("After", "after", "all"),
            time("Itself", "after", "own"),
            { name: "First imported by", value: (row) => parentOf(row)?.name ?? "", minor: true },
        ],
    });
}

function makeFilesTable() {
    return table(byId("files"), {
        title: "Files",
        unit: "file",
        by: 1,
        rows: report.files,
        columns: [
            {
                name: "Path",
                value: (file) => file.path,
                show: (file) => link(file.path, () => showFile(file)),
                wide: true,
            },
            {
                name: "Before",
                value: (file) => file.size,
                show: (file) => (file.size ? size(file.size) : "–"),
                number: true,
            },
            {
                name: "After",
                value: (file) => file.shipped,
                show: (file) => (file.shipped ? size(file.shipped) : "–"),
                number: true,
            },
            {
                name: "In the zip",
                value: (file) => file.stored,
                show: (file) => (file.stored ? size(file.stored) : "–"),
                number: true,
                minor: true,
            },
            { name: "By", value: (file) => file.by, minor: true },
            { name: "Why", value: (file) => file.why, minor: true, wide: true },
        ],
    });
}
