// The editor of an item's text, on ProseMirror. Its schema is the server's (submissions/body.py): what cannot be kept
// cannot be typed or pasted either. The plain box behind it is what is used where no script runs.
import { baseKeymap, chainCommands, exitCode, setBlockType, toggleMark } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { inputRules, textblockTypeInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import { DOMParser as Reader, DOMSerializer, Schema, Slice } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import { EditorState, Plugin, TextSelection } from "prosemirror-state";
import * as tables from "prosemirror-tables";
import { EditorView } from "prosemirror-view";
import { cleaned } from "./paste.js";

const block = { group: "block" };
const schema = new Schema({
  nodes: {
    doc: { content: "block+" },
    paragraph: { ...block, content: "inline*", parseDOM: [{ tag: "p" }], toDOM: () => ["p", 0] },
    heading: {
      ...block,
      content: "text*",
      defining: true,
      attrs: { level: { default: 2 } },
      parseDOM: [2, 3, 4].map((level) => ({ tag: `h${level}`, attrs: { level } })),
      toDOM: (node) => [`h${node.attrs.level}`, 0],
    },
    blockquote: { ...block, content: "paragraph+", parseDOM: [{ tag: "blockquote" }], toDOM: () => ["blockquote", 0] },
    ordered_list: {
      ...block,
      content: "list_item+",
      attrs: { order: { default: 1 } },
      parseDOM: [{ tag: "ol", getAttrs: (list) => ({ order: Number(list.getAttribute("start")) || 1 }) }],
      toDOM: (node) => (node.attrs.order === 1 ? ["ol", 0] : ["ol", { start: node.attrs.order }, 0]),
    },
    bullet_list: { ...block, content: "list_item+", parseDOM: [{ tag: "ul" }], toDOM: () => ["ul", 0] },
    list_item: {
      content: "paragraph (paragraph | ordered_list | bullet_list)*",
      defining: true,
      parseDOM: [{ tag: "li" }],
      toDOM: () => ["li", 0],
    },
    picture: {
      ...block,
      atom: true,
      draggable: true,
      attrs: { file: { default: 0 }, address: { default: "" }, caption: { default: "" }, paste: { default: "" } },
      parseDOM: [
        {
          tag: "img[data-file]",
          getAttrs: (image) => ({
            file: Number(image.dataset.file),
            address: image.getAttribute("src") || "",
            caption: image.alt,
          }),
        },
        { tag: "img[data-paste]", getAttrs: (image) => ({ paste: image.dataset.paste }) },
      ],
      toDOM: ({ attrs }) => ["img", { "data-file": attrs.file, src: attrs.address, alt: attrs.caption || "图片" }],
    },
    text: { group: "inline" },
    hard_break: {
      group: "inline",
      inline: true,
      selectable: false,
      parseDOM: [{ tag: "br" }],
      toDOM: () => ["br"],
    },
    ...tables.tableNodes({
      tableGroup: "block",
      cellContent: "(paragraph | ordered_list | bullet_list | picture)+",
      cellAttributes: {},
    }),
  },
  marks: {
    strong: {
      parseDOM: [{ tag: "strong" }, { tag: "b" }, { style: "font-weight", getAttrs: (v) => /^(bold|[6-9]00)$/.test(v) && null }],
      toDOM: () => ["strong", 0],
    },
    em: { parseDOM: [{ tag: "em" }, { tag: "i" }], toDOM: () => ["em", 0] },
    underline: { parseDOM: [{ tag: "u" }], toDOM: () => ["u", 0] },
  },
});
const { nodes, marks } = schema;

const toHeading = (state, dispatch) => {
  const isHeading = state.selection.$from.parent.type === nodes.heading;
  return setBlockType(isHeading ? nodes.paragraph : nodes.heading, { level: 2 })(state, dispatch);
};
const asList = (type) => (state, dispatch) =>
  insideOf(state, type) ? liftListItem(nodes.list_item)(state, dispatch) : wrapInList(type)(state, dispatch);
const aTable = (state, dispatch) => {
  if (tables.isInTable(state)) return false;
  const row = (cell) => nodes.table_row.create(null, [0, 1, 2].map(() => cell.createAndFill()));
  const table = nodes.table.create(null, [row(nodes.table_header), row(nodes.table_cell), row(nodes.table_cell)]);
  if (dispatch) {
    const { tr, selection } = state;
    tr.replaceSelectionWith(table);
    let first = null; // the table's first cell that begins after where the caret was
    tr.doc.nodesBetween(selection.from - 1, tr.doc.content.size, (node, at) => {
      if (first === null && node.type === nodes.table_header) first = at + 1;
      return first === null;
    });
    dispatch(tr.setSelection(TextSelection.near(tr.doc.resolve(first))).scrollIntoView());
  }
  return true;
};
// From the last cell a new row begins, as in Word.
const nextCell = (state, dispatch, view) => {
  if (!tables.isInTable(state)) return false; // on to the next field, as everywhere
  if (tables.goToNextCell(1)(state, dispatch)) return true;
  if (!dispatch) return true;
  tables.addRowAfter(state, dispatch);
  return tables.goToNextCell(1)(view.state, dispatch);
};
// Below a table, a picture or a list there is always a line to go on with; saving drops it while it is empty.
const lineBelow = new Plugin({
  appendTransaction(_, __, { doc, tr }) {
    return doc.lastChild.isTextblock ? null : tr.insert(doc.content.size, nodes.paragraph.create());
  },
});

// Label, command, whether it is on now, and whether it is of tables only.
const BUTTONS = [
  ["小标题", toHeading, (state) => state.selection.$from.parent.type === nodes.heading],
  ["加粗", toggleMark(marks.strong), (state) => isMarked(state, marks.strong)],
  ["编号", asList(nodes.ordered_list), (state) => insideOf(state, nodes.ordered_list)],
  ["项目", asList(nodes.bullet_list), (state) => insideOf(state, nodes.bullet_list)],
  ["表格", aTable],
  ["加行", tables.addRowAfter, null, true],
  ["加列", tables.addColumnAfter, null, true],
  ["删行", tables.deleteRow, null, true],
  ["删列", tables.deleteColumn, null, true],
  ["删表", tables.deleteTable, null, true],
  ["撤销", undo],
  ["重做", redo],
];

// Put an editor in the place of the plain box. ``send(file)`` uploads one and resolves to its row; ``say(lines)``
// tells what a paste did; ``changed()`` is called after each change. Returns { html, set, add }.
export function edit(form, { send, say, changed }) {
  const box = form.elements.namedItem("body");
  const kept = form.elements.namedItem("html");
  const place = document.getElementById("editor");
  const bar = place.querySelector(".editor-bar");
  const label = form.querySelector(`label[for="${box.id}"]`);
  label.id = "body-label";

  function read(html) {
    const holder = document.createElement("div");
    holder.innerHTML = html; // our own server's cleaned text, or what this editor wrote
    for (const image of holder.querySelectorAll("img[data-file]")) {
      const row = document.getElementById(`file-${image.dataset.file}`);
      if (!row) image.remove();
      else Object.assign(image, { src: row.dataset.address, alt: row.querySelector("[name=caption]").value });
    }
    return Reader.fromSchema(schema).parse(holder);
  }

  function write(doc) {
    const holder = document.createElement("div");
    holder.append(DOMSerializer.fromSchema(schema).serializeFragment(doc.content));
    for (const image of holder.querySelectorAll("img")) {
      if (image.dataset.file === "0") image.remove(); // still on its way
      else image.removeAttribute("src");
    }
    return holder.innerHTML;
  }

  function store() {
    kept.value = write(view.state.doc);
    box.value = view.state.doc.textBetween(0, view.state.doc.content.size, "\n");
    form.elements.namedItem("editor").value = "1";
  }

  const buttons = BUTTONS.map(([text, command, on, ofTables]) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "btn btn-quiet btn-sm", textContent: text });
    button.addEventListener("click", () => {
      command(view.state, view.dispatch, view);
      view.focus();
    });
    bar.append(button);
    return { button, command, on, ofTables };
  });

  function show(state) {
    const inTable = tables.isInTable(state);
    for (const { button, command, on, ofTables } of buttons) {
      button.hidden = Boolean(ofTables) && !inTable;
      button.setAttribute("aria-disabled", String(!command(state))); // not disabled: it would lose the focus
      if (on) button.setAttribute("aria-pressed", String(Boolean(on(state))));
    }
  }

  function pasted(event) {
    const clip = event.clipboardData;
    const html = clip.getData("text/html");
    const files = [...clip.files];
    if (html.includes("data-pm-slice")) return false; // from this editor
    if (!html) {
      const images = files.filter((file) => file.type.startsWith("image/"));
      images.forEach(add);
      return images.length > 0;
    }
    const { body, pictures, dropped } = cleaned(html, clip.getData("text/rtf"), files);
    const told = counted(body);
    const slice = Reader.fromSchema(schema).parseSlice(body);
    const { tr, selection } = view.state;
    const table = tables.findTable(selection.$from);
    // A word goes into the sentence where it is pasted; a document keeps its paragraphs, and never splits a table.
    if (slice.content.childCount < 2) tr.replaceSelection(slice);
    else if (table) tr.insert(table.pos + table.node.nodeSize, slice.content);
    else tr.replaceRange(selection.from, selection.to, new Slice(slice.content, 0, 0));
    view.dispatch(tr.scrollIntoView());
    pictures.forEach((file, i) => fill(String(i), file));
    const lost = [...dropped].map(([what, number]) => (what.startsWith("字体") ? what : `${number} 处${what}`));
    say([`已粘贴${told ? `：${told}` : ""}。`, ...(lost.length ? [`去掉了：${lost.join("、")}。`] : [])]);
    return true;
  }

  // Send a pasted picture and put it where its place was kept.
  async function fill(paste, file) {
    const key = `${Date.now()} ${paste}`;
    change((attrs) => attrs.paste === paste && !attrs.file, (attrs) => ({ ...attrs, paste: key }));
    const row = await send(file);
    if (row) change((attrs) => attrs.paste === key, () => ({ file: row.id, address: row.address, caption: "", paste: "" }));
    else change((attrs) => attrs.paste === key, () => null);
  }

  // Give the pictures that match other attributes; null takes them out.
  function change(matches, made) {
    const { tr } = view.state;
    const found = [];
    view.state.doc.descendants((node, at) => {
      if (node.type === nodes.picture && matches(node.attrs)) found.push([at, made(node.attrs), node.nodeSize]);
    });
    for (const [at, attrs, size] of found.reverse()) {
      if (attrs) tr.setNodeMarkup(at, null, attrs);
      else tr.delete(at, at + size);
    }
    if (found.length) view.dispatch(tr);
  }

  async function add(file) {
    const row = await send(file);
    if (!row || !row.picture) return;
    const picture = nodes.picture.create({ file: row.id, address: row.address });
    view.dispatch(view.state.tr.replaceSelectionWith(picture).scrollIntoView());
  }

  const keys = {
    "Mod-z": undo,
    "Mod-y": redo,
    "Shift-Mod-z": redo,
    "Mod-b": toggleMark(marks.strong),
    "Mod-i": toggleMark(marks.em),
    "Mod-u": toggleMark(marks.underline),
    "Mod-]": sinkListItem(nodes.list_item),
    "Mod-[": liftListItem(nodes.list_item),
    "Shift-Enter": chainCommands(exitCode, (state, dispatch) => {
      if (dispatch) dispatch(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
      return true;
    }),
    Enter: splitListItem(nodes.list_item),
    Tab: nextCell,
    "Shift-Tab": tables.goToNextCell(-1),
  };
  const rules = inputRules({
    rules: [
      wrappingInputRule(/^(\d+)[.、]\s$/, nodes.ordered_list, (match) => ({ order: Number(match[1]) })),
      wrappingInputRule(/^[-*·]\s$/, nodes.bullet_list),
      textblockTypeInputRule(/^##\s$/, nodes.heading, { level: 2 }),
    ],
  });
  const view = new EditorView(
    { mount: place.appendChild(document.createElement("div")) },
    {
      state: EditorState.create({
        doc: read(kept.value),
        plugins: [history(), rules, keymap(keys), keymap(baseKeymap), tables.tableEditing(), lineBelow],
      }),
      attributes: {
        id: "text",
        class: "form-control body-input rich",
        role: "textbox",
        "aria-multiline": "true",
        "aria-labelledby": label.id,
        "aria-describedby": "pasted length",
      },
      handleDOMEvents: {
        // Before the library reads it, which would parse the styles of others under our policy.
        paste(_, event) {
          const done = pasted(event);
          if (done) event.preventDefault();
          return done;
        },
      },
      handleDrop: (_, event) => {
        const images = [...event.dataTransfer.files].filter((file) => file.type.startsWith("image/"));
        images.forEach(add);
        return images.length > 0;
      },
      dispatchTransaction(transaction) {
        view.updateState(view.state.apply(transaction));
        show(view.state);
        if (!transaction.docChanged) return;
        store();
        changed();
      },
    },
  );
  label.addEventListener("click", () => view.focus());
  place.hidden = false;
  box.hidden = true;
  store();
  show(view.state);
  return {
    add,
    set(html) {
      view.dispatch(view.state.tr.replaceWith(0, view.state.doc.content.size, read(html).content));
    },
    remove: (file) => change((attrs) => attrs.file === file, () => null),
  };
}

function isMarked({ selection, doc, storedMarks }, type) {
  const { from, $from, to, empty } = selection;
  return empty ? Boolean(type.isInSet(storedMarks || $from.marks())) : doc.rangeHasMark(from, to, type);
}

function insideOf({ selection: { $from } }, type) {
  for (let depth = $from.depth; depth > 0; depth -= 1) if ($from.node(depth).type === type) return true;
  return false;
}

// What a paste keeps, in words.
function counted(body) {
  const parts = [
    [body.querySelectorAll("h2, h3, h4").length, "个小标题"],
    [body.querySelectorAll("ul, ol").length, "个列表"],
    [body.querySelectorAll("table").length, "个表格"],
    [body.querySelectorAll("img").length, "张图片"],
  ];
  return parts.filter(([number]) => number).map(([number, what]) => `${number} ${what}`).join("、");
}
