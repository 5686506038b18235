#!/usr/bin/env node
// The command line of native solc on npm's solc (the compiler built to WebAssembly), so that Ape, forge and slither
// all compile with the one compiler that package-lock.json pins, on every platform, to the same bytecode.
//
// It knows what those three ask for:
//   --version
//   --standard-json [FILE|-]
//   --standard-json-lines   (not of native solc: one input a line of standard input, one output a line, until it ends)
//   --combined-json WHAT,WHAT,... [REMAPPING...] [FILE...]   (without FILE: the source on standard input)
// with --base-path, --include-path, --optimize, --optimize-runs, --via-ir, --evm-version, --metadata-hash,
// --no-cbor-metadata and --pretty-json. Other options of native solc are read and ignored.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");

const PROJECT = path.dirname(__dirname);
const STANDARD_INPUT = 0;
const STANDARD_OUTPUT = 1;

const OPTIONS_WITH_A_VALUE = new Set([
  "--allow-paths",
  "--base-path",
  "--combined-json",
  "--evm-version",
  "--include-path",
  "--json-indent",
  "--libraries",
  "--metadata-hash",
  "--model-checker-engine",
  "--optimize-runs",
  "--output-dir",
  "--revert-strings",
  "-I",
  "-o",
]);

// What --combined-json calls each output -> its path in standard JSON.
const COMBINED_OUTPUTS = {
  abi: "abi",
  asm: "evm.legacyAssembly",
  bin: "evm.bytecode.object",
  "bin-runtime": "evm.deployedBytecode.object",
  devdoc: "devdoc",
  "function-debug": "evm.bytecode.functionDebugData",
  "function-debug-runtime": "evm.deployedBytecode.functionDebugData",
  "generated-sources": "evm.bytecode.generatedSources",
  "generated-sources-runtime": "evm.deployedBytecode.generatedSources",
  hashes: "evm.methodIdentifiers",
  metadata: "metadata",
  opcodes: "evm.bytecode.opcodes",
  srcmap: "evm.bytecode.sourceMap",
  "srcmap-runtime": "evm.deployedBytecode.sourceMap",
  "storage-layout": "storageLayout",
  userdoc: "userdoc",
};

// ARGUMENTS

function parseArguments(args) {
  const parsed = { values: {}, flags: new Set(), includePaths: [], remappings: [], files: [] };
  const queue = [...args];
  while (queue.length > 0) {
    let name = queue.shift();
    let value;
    if (name.startsWith("--") && name.includes("=")) {
      value = name.slice(name.indexOf("=") + 1);
      name = name.slice(0, name.indexOf("="));
    }
    if (OPTIONS_WITH_A_VALUE.has(name)) {
      value ??= queue.shift();
      if (name === "--include-path" || name === "-I") parsed.includePaths.push(value);
      else parsed.values[name] = value;
    } else if (name.startsWith("-") && name !== "-") {
      parsed.flags.add(name);
    } else if (name.includes("=")) {
      parsed.remappings.push(name);
    } else {
      parsed.files.push(name);
    }
  }
  return parsed;
}

// COMPILER

function loadCompiler() {
  const compiler = require("solc");
  // The module takes over what Node does with uncaught errors, and then hides ours.
  process.removeAllListeners("uncaughtException");
  process.removeAllListeners("unhandledRejection");
  return compiler;
}

// "0.8.37+commit.f401782d.Emscripten.clang" -> as the native compiler of that release names itself. Tools compare it.
function nativeVersion(compiler) {
  return compiler.version().replace(/\.Emscripten\.clang$/, ".Linux.g++");
}

function importReader(basePath, includePaths) {
  // Ape compiles a copy of the project, in a temporary folder and without node_modules: search the project as well.
  const folders = [basePath, ...includePaths.map((folder) => path.resolve(folder)), PROJECT];
  return (unit) => {
    const plain = unit.replace(/^file:\/\//, "");
    const candidates = folders.map((folder) => path.join(folder, unit));
    if (path.isAbsolute(plain)) candidates.unshift(plain);
    for (const candidate of candidates) {
      try {
        return { contents: fs.readFileSync(candidate, "utf8") };
      } catch (error) {
        if (!["ENOENT", "ENOTDIR", "EISDIR"].includes(error.code)) return { error: String(error) };
      }
    }
    const searched = ["", ...folders].map((folder) => JSON.stringify(folder)).join(", ");
    return { error: `Source "${unit}" not found: File not found. Searched the following locations: ${searched}.` };
  };
}

// The ids of built-ins (msg, require, this, ...) are small negative numbers in the AST of the native compiler. The
// WebAssembly build, with its 32-bit size_t, prints -15 as 4294967281. Slither looks for the negative ones.
function restoreNegativeIds(key, value) {
  const signed = (id) => (typeof id === "number" && id > 0x7fffffff && id <= 0xffffffff ? id - 0x100000000 : id);
  if (key === "referencedDeclaration") return signed(value);
  if (key === "overloadedDeclarations" && Array.isArray(value)) return value.map(signed);
  return value;
}

function compile(compiler, input, readImport) {
  return JSON.parse(compiler.compile(JSON.stringify(input), { import: readImport }), restoreNegativeIds);
}

// COMBINED JSON

function combinedInput(args, wanted, basePath) {
  const { values, flags } = args;
  const sources = {};
  for (const file of args.files.filter((name) => name !== "-")) {
    // Native solc names a source by its path below the base path, and one outside of it by its full path.
    const absolute = path.resolve(file);
    const relative = path.relative(basePath, absolute);
    const isInside = !relative.startsWith("..") && !path.isAbsolute(relative);
    sources[isInside ? relative : absolute] = { content: fs.readFileSync(absolute, "utf8") };
  }
  if (Object.keys(sources).length === 0) {
    sources["<stdin>"] = { content: fs.readFileSync(STANDARD_INPUT, "utf8") };
  }

  const outputs = [...new Set(wanted.map((name) => COMBINED_OUTPUTS[name]).filter(Boolean))];
  const settings = {
    remappings: args.remappings,
    optimizer: {
      enabled: flags.has("--optimize") || "--optimize-runs" in values,
      runs: Number(values["--optimize-runs"] ?? 200),
    },
    outputSelection: { "*": { "*": outputs, "": ["ast"] } },
  };
  if (flags.has("--via-ir") || flags.has("--experimental-via-ir")) settings.viaIR = true;
  if (values["--evm-version"]) settings.evmVersion = values["--evm-version"];
  const metadata = {};
  if (values["--metadata-hash"]) metadata.bytecodeHash = values["--metadata-hash"];
  if (flags.has("--no-cbor-metadata")) Object.assign(metadata, { appendCBOR: false, bytecodeHash: "none" });
  if (Object.keys(metadata).length > 0) settings.metadata = metadata;
  return { language: "Solidity", sources, settings };
}

function combinedOutput(result, wanted, version) {
  const units = Object.entries(result.sources ?? {}).sort(([, a], [, b]) => a.id - b.id);
  const combined = { contracts: {}, sourceList: units.map(([name]) => name), version };
  if (wanted.includes("ast")) {
    combined.sources = Object.fromEntries(units.map(([name, unit]) => [name, { AST: unit.ast }]));
  }
  for (const [file, contracts] of Object.entries(result.contracts ?? {})) {
    for (const [name, contract] of Object.entries(contracts)) {
      const outputs = (combined.contracts[`${file}:${name}`] = {});
      for (const output of wanted.filter((key) => key in COMBINED_OUTPUTS)) {
        const value = COMBINED_OUTPUTS[output].split(".").reduce((part, key) => part?.[key], contract);
        if (value !== undefined) outputs[output] = value;
        else if (/^(bin|srcmap)/.test(output)) outputs[output] = "";
      }
    }
  }
  return combined;
}

// OUTPUT

// console.log may be cut short when the process ends while a pipe is full; this returns only when all is written.
function print(text) {
  const bytes = Buffer.from(`${text}\n`);
  let written = 0;
  while (written < bytes.length) {
    try {
      written += fs.writeSync(STANDARD_OUTPUT, bytes, written);
    } catch (error) {
      if (error.code === "EPIPE") process.exit(1); // whoever asked has gone
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

// A compiler that stays loaded: the first compilation after loading takes twice as long as the next ones.
function serve(readImport) {
  const compiler = loadCompiler();
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    print(JSON.stringify(compile(compiler, JSON.parse(line), readImport)));
  });
}

function main() {
  const args = parseArguments(process.argv.slice(2));
  const basePath = path.resolve(args.values["--base-path"] ?? "");
  const readImport = importReader(basePath, args.includePaths);
  const printJson = (value) => print(JSON.stringify(value, null, args.flags.has("--pretty-json") ? 2 : 0));

  if (args.flags.has("--version")) {
    print(`solc, the solidity compiler commandline interface\nVersion: ${nativeVersion(loadCompiler())}`);
    return 0;
  }

  if (args.flags.has("--standard-json")) {
    const file = args.files[0] ?? "-";
    const input = JSON.parse(fs.readFileSync(file === "-" ? STANDARD_INPUT : file, "utf8"));
    printJson(compile(loadCompiler(), input, readImport));
    return 0;
  }

  if (args.flags.has("--standard-json-lines")) {
    serve(readImport);
    return 0;
  }

  if (args.values["--combined-json"]) {
    const compiler = loadCompiler();
    const wanted = args.values["--combined-json"].split(",").map((name) => name.trim());
    const result = compile(compiler, combinedInput(args, wanted, basePath), readImport);
    const errors = result.errors ?? [];
    for (const error of errors) process.stderr.write(`${error.formattedMessage ?? error.message}\n`);
    if (errors.some((error) => error.severity === "error")) return 1;
    printJson(combinedOutput(result, wanted, nativeVersion(compiler)));
    return 0;
  }

  process.stderr.write("solc.cjs: expected --version, --standard-json, --standard-json-lines or --combined-json\n");
  return 1;
}

process.exitCode = main();
