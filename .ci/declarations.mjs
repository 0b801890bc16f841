// @ts-check
// The public types as one file that needs no other package: what zod infers is written out, and names of packages are
// refused. Bundlers of declarations would inline zod's own, which are far larger than ours.
import { mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';

const WRITTEN_OUT =
  ts.NodeBuilderFlags.InTypeAlias |
  ts.NodeBuilderFlags.NoTruncation |
  ts.NodeBuilderFlags.MultilineObjectLiterals |
  ts.NodeBuilderFlags.UseAliasDefinedOutsideCurrentScope;

/** What stands before a declaration's own keyword. */
const HEAD = /^(?:export )?(?:declare )?(?=(?:abstract class|class|function|const|interface|type) )/m;

/**
 * Text of a declaration file with everything that the module `entry` exports and what that refers to.
 * Throws when it needs a type of a package; types of Node are imported.
 * @param {string} entry
 * @param {string} out Folder that takes the temporary files.
 */
export function declarations(entry, out) {
  // Inside the project, so that the emitted files find the packages that ours import.
  const folder = mkdtempSync(resolve(out, 'types-'));
  try {
    return new PublicTypes(emit(entry, folder), folder).text();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @param {string} entry @param {string} folder */
function emit(entry, folder) {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
  /** @type {ts.CompilerOptions} */
  const emitting = { ...options, noEmit: false, declaration: true, emitDeclarationOnly: true, stripInternal: true };
  const { diagnostics } = ts.createProgram([entry], { ...emitting, outDir: folder, rootDir: '.' }).emit();
  if (diagnostics.length > 0) throw new Error(ts.formatDiagnostics(diagnostics, ts.createCompilerHost(options)));
  return ts.createProgram([join(folder, entry.replace(/\.ts$/, '.d.ts'))], options);
}

/** Walks from the exports of a program's one root file to all that they refer to. */
class PublicTypes {
  #program;
  #checker;
  #folder;
  /** @type {Set<ts.Symbol>} */
  #exported;
  /** What to print, by the names that lead to it; grows while it is walked. @type {Map<ts.Symbol, string>} */
  #wanted;
  /** Names that lead to what is being printed. */
  #path = '';
  /** @type {Set<string>} */
  #imports = new Set();

  /** @param {ts.Program} program @param {string} folder Where the files lie that are ours. */
  constructor(program, folder) {
    this.#program = program;
    this.#checker = program.getTypeChecker();
    this.#folder = folder;
    const [root = ''] = program.getRootFileNames();
    const module = this.#checker.getSymbolAtLocation(/** @type {ts.SourceFile} */ (program.getSourceFile(root)));
    const exports = module ? this.#checker.getExportsOfModule(module) : [];
    this.#exported = new Set(exports.map((symbol) => this.#original(symbol)));
    this.#wanted = new Map([...this.#exported].map((symbol) => [symbol, symbol.name]));
  }

  text() {
    const texts = [];
    for (const [symbol, path] of this.#wanted) {
      this.#path = path;
      for (const node of symbol.declarations ?? []) texts.push(this.#print(symbol, node));
    }
    const names = [...this.#wanted.keys()].map((symbol) => symbol.name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice) throw new Error(`Two of the public types are called ${twice}; rename one`);
    return `${[...this.#imports, ...texts].join('\n\n')}\n\nexport {};\n`;
  }

  /** @param {ts.Symbol} symbol @param {ts.Declaration} node */
  #print(symbol, node) {
    const statement = ts.isVariableDeclaration(node) ? node.parent.parent : node;
    const inferred = ts.isTypeAliasDeclaration(node) && this.#isInferred(node);
    const text = inferred ? this.#writeOut(node) : this.#follow(statement).getFullText().trim();
    const keyword = ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node) ? '' : 'declare ';
    return text.replace(HEAD, this.#exported.has(symbol) ? `export ${keyword}` : keyword);
  }

  /** @param {ts.Node} node @returns {boolean} */
  #isInferred(node) {
    if (ts.isTypeQueryNode(node)) return true;
    if (ts.isIdentifier(node) && this.#origin(node) === 'package') return true;
    return ts.forEachChild(node, (child) => this.#isInferred(child) || undefined) ?? false;
  }

  /** @param {ts.TypeAliasDeclaration} alias */
  #writeOut(alias) {
    const type = this.#checker.typeToTypeNode(this.#checker.getTypeAtLocation(alias.name), undefined, WRITTEN_OUT);
    if (!type) throw new Error(`The type ${alias.name.text} cannot be written out`);
    const comment = alias.getFullText().slice(0, alias.getStart() - alias.getFullStart());
    const text = ts.createPrinter().printNode(ts.EmitHint.Unspecified, this.#follow(type), alias.getSourceFile());
    return `${comment.trim()}\ntype ${alias.name.text} = ${text};`.trim();
  }

  /** Asks for all that a node refers to. @template {ts.Node} T @param {T} node @returns {T} */
  #follow(node) {
    if (ts.isIdentifier(node)) this.#ask(node);
    ts.forEachChild(node, (child) => void this.#follow(child));
    return node;
  }

  /** @param {ts.Identifier} name */
  #ask(name) {
    const symbol = this.#symbolOf(name);
    const origin = this.#origin(name);
    if (origin === 'package') throw new Error(`Public types: ${this.#path} needs ${name.text} of a package; hide it`);
    if (origin === 'node') this.#importFromNode(name);
    if (symbol && origin === 'ours' && isTopLevel(symbol)) this.#want(this.#original(symbol));
  }

  /** @param {ts.Symbol} symbol */
  #want(symbol) {
    if (!this.#wanted.has(symbol)) this.#wanted.set(symbol, `${this.#path} → ${symbol.name}`);
  }

  /** @param {ts.Identifier} name */
  #importFromNode(name) {
    this.#imports.add('/// <reference types="node" />');
    const [specifier] = this.#symbolOf(name)?.declarations ?? [];
    if (!specifier || !ts.isImportSpecifier(specifier)) return;
    const { moduleSpecifier } = specifier.parent.parent.parent;
    this.#imports.add(`import type { ${specifier.getText()} } from ${moduleSpecifier.getText()};`);
  }

  /** @param {ts.Identifier} name @returns {'ours' | 'language' | 'node' | 'package'} */
  #origin(name) {
    const symbol = this.#symbolOf(name);
    const files = (symbol && this.#original(symbol).declarations)?.map((node) => node.getSourceFile()) ?? [];
    if (files.some((file) => this.#program.isSourceFileDefaultLibrary(file))) return 'language';
    if (files.every((file) => resolve(file.fileName).startsWith(this.#folder))) return 'ours';
    return files.every((file) => file.fileName.includes('/@types/node/')) ? 'node' : 'package';
  }

  /** @param {ts.Identifier} name @returns {ts.Symbol | undefined} */
  #symbolOf(name) {
    // Nodes made by the checker carry their symbol; it cannot look them up by position.
    const made = /** @type {{symbol?: ts.Symbol}} */ (/** @type {unknown} */ (name)).symbol;
    return name.pos >= 0 ? this.#checker.getSymbolAtLocation(name) : made;
  }

  /** @param {ts.Symbol} symbol */
  #original(symbol) {
    return symbol.flags & ts.SymbolFlags.Alias ? this.#checker.getAliasedSymbol(symbol) : symbol;
  }
}

/** @param {ts.Symbol} symbol */
function isTopLevel(symbol) {
  return symbol.declarations?.some((node) => ts.isSourceFile(node.parent) || ts.isImportSpecifier(node)) ?? false;
}
