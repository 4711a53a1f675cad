/** The editor of SQL. It lives in a shadow root: there its styles are style sheets made by script, which the page's content policy
 * allows, instead of style elements, which it does not. */
import { autocompletion, closeBrackets, closeBracketsKeymap, closeCompletion, completionKeymap, type Completion, type CompletionContext } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { sql, SQLDialect } from "@codemirror/lang-sql";
import { bracketMatching, HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { tags } from "@lezer/highlight";

interface Option {
  name: string;
  doc?: string;
}

/** GET /v1/completion */
export interface Words {
  keywords?: string[];
  functions?: { name: string; syntax?: string; doc?: string }[];
  options?: Option[];
  table_options?: Option[];
  connectors?: { name: string; options: Option[] }[];
  formats?: { name: string; options: Option[] }[];
  tables?: { name: string; columns?: string[] }[];
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--link)", fontWeight: "600" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn)" },
  { tag: [tags.lineComment, tags.blockComment], color: "var(--soft)", fontStyle: "italic" },
  { tag: tags.typeName, color: "var(--curve-4)" },
]);

const looks = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--card)", fontSize: "14px" },
  "&.cm-focused": { outline: "none" },
  ".cm-content": { fontFamily: 'ui-monospace, "DejaVu Sans Mono", monospace', caretColor: "var(--ink)" },
  ".cm-content, .cm-gutter": { minHeight: "11rem" },
  ".cm-scroller": { overflow: "auto", maxHeight: "24rem" },
  ".cm-gutters": { backgroundColor: "var(--ground)", color: "var(--soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLineGutter": { color: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-selectionBackground, &.cm-focused .cm-selectionBackground": { backgroundColor: "var(--picked) !important" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--main)", color: "var(--main-ink)" },
  ".cm-placeholder": { color: "var(--soft)" },
  ".cm-wrong": { textDecoration: "underline wavy var(--bad)", backgroundColor: "var(--bad-ground)" },
});

const setWrong = StateEffect.define<{ from: number; to: number } | null>();

/** Where the last error is; any change of the text removes it. */
const wrong = StateField.define({
  create: () => Decoration.none,
  update(marks, change) {
    if (change.docChanged) marks = Decoration.none;
    for (const effect of change.effects)
      if (effect.is(setWrong)) marks = effect.value ? Decoration.set(Decoration.mark({ class: "cm-wrong" }).range(effect.value.from, effect.value.to)) : Decoration.none;
    return marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** What is typed over several lines, or brings several, is put in here: browsers would join and split the lines with inline styles, which
 * the content policy refuses aloud. */
const typedOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { from, to } = view.state.selection.main;
    if (event.inputType !== "insertText" || event.data === null || view.composing) return false;
    if (event.data.length === 1 && !view.state.sliceDoc(from, to).includes("\n")) return false;
    event.preventDefault();
    view.dispatch(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    return true;
  },
});

/** What can stand between quotes: keys of SET and of WITH, connectors and formats; each once. */
function quotable(words: Words): Completion[] {
  const found = new Map<string, Completion>();
  const add = (one: Option, type: string) => found.set(one.name, { label: one.name, type, info: one.doc });

  for (const one of [...(words.connectors ?? []), ...(words.formats ?? [])]) for (const option of one.options) add(option, "constant");
  for (const one of [...(words.options ?? []), ...(words.table_options ?? [])]) add(one, "constant");
  for (const one of [...(words.connectors ?? []), ...(words.formats ?? [])]) add({ name: one.name }, "enum");
  return [...found.values()];
}

function completions(words: Words) {
  const tables = words.tables ?? [];
  const all: Completion[] = [
    ...tables.map(({ name }) => ({ label: name, type: "class", boost: 3 })),
    ...[...new Set(tables.flatMap((table) => table.columns ?? []))].map((label) => ({ label, type: "property", boost: 2 })),
    ...(words.functions ?? []).map((one) => ({ label: one.name, type: "function", apply: `${one.name}(`, detail: one.syntax?.slice(one.name.length), info: one.doc, boost: 1 })),
    ...(words.keywords ?? []).map((label) => ({ label, type: "keyword" })),
  ];
  const options = quotable(words);

  return (context: CompletionContext) => {
    const quoted = context.matchBefore(/'[\w.\-]*/);
    if (quoted) return { from: quoted.from + 1, options, validFor: /^[\w.\-]*$/ };
    const member = context.matchBefore(/\w+\.\w*/);
    if (member) {
      const dot = member.text.indexOf(".");
      const table = tables.find((one) => one.name === member.text.slice(0, dot));
      if (table) return { from: member.from + dot + 1, options: (table.columns ?? []).map((label) => ({ label, type: "property" })), validFor: /^\w*$/ };
    }
    const word = context.matchBefore(/\w+/);
    return word || context.explicit ? { from: word?.from ?? context.pos, options: all, validFor: /^\w*$/ } : null;
  };
}

function language(words: Words) {
  const dialect = SQLDialect.define({
    keywords: (words.keywords ?? []).join(" ").toLowerCase(),
    builtin: (words.functions ?? []).map((one) => one.name).join(" ").toLowerCase(),
    identifierQuotes: "`",
    slashComments: false,
    doubleDollarQuotedStrings: false,
  });
  const support = sql({ dialect, upperCaseKeywords: true });

  return [support.language, autocompletion({ icons: false, override: [completions(words)] })];
}

export interface Editor {
  text: () => string;
  selected: () => string;
  set: (text: string) => void;
  words: (words: Words) => void;
  point: (line?: number, column?: number) => void;
  focus: () => void;
  free: () => void;
}

export function makeEditor(host: HTMLElement, text: string, run: () => void, changed: (text: string) => void): Editor {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const part = new Compartment();
  const view = new EditorView({
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        bracketMatching(),
        closeBrackets(),
        placeholder("SELECT ...; Ctrl+Enter runs it"),
        part.of(language({})),
        syntaxHighlighting(colours),
        looks,
        wrong,
        typedOver,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": "SQL. Tab leaves the editor; Ctrl+Enter runs" }),
        EditorView.updateListener.of((update) => update.docChanged && changed(update.state.doc.toString())),
        keymap.of([{ key: "Mod-Enter", run: (at) => (closeCompletion(at), run(), true) }, ...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
      ],
    }),
    parent: root,
  });

  return {
    text: () => view.state.doc.toString(),
    selected: () => view.state.sliceDoc(view.state.selection.main.from, view.state.selection.main.to),
    set: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    words: (found) => view.dispatch({ effects: part.reconfigure(language(found)) }),
    point: (line, column) => {
      if (line === undefined || line < 1 || line > view.state.doc.lines) return view.dispatch({ effects: setWrong.of(null) });
      const at = view.state.doc.line(line);
      const from = Math.min(at.from + Math.max((column ?? 1) - 1, 0), at.to);
      const length = /^[\w.]+/.exec(view.state.sliceDoc(from, at.to))?.[0].length ?? 1;
      const to = Math.min(from + length, view.state.doc.length);
      view.dispatch({ effects: from < to ? setWrong.of({ from, to }) : setWrong.of(null), selection: { anchor: from }, scrollIntoView: true });
    },
    focus: () => view.focus(),
    free: () => view.destroy(),
  };
}
