// Runs a Python script in the interpreter that an npm package `pyodide` ships:
// node start.mjs <package> <script> <folder to see as /checkout> <folder to see as /installed/site-packages> [arguments]
import { pathToFileURL } from "node:url";
import path from "node:path";

const [home, script, checkout, site] = process.argv.slice(2, 6).map((one) => path.resolve(one));
const { loadPyodide } = await import(pathToFileURL(path.join(home, "pyodide.mjs")).href);
const python = await loadPyodide({
  indexURL: home + path.sep,
  env: { HOME: "/home", PYTHONDONTWRITEBYTECODE: "1" },
});
python.mountNodeFS("/checkout", checkout);
python.mountNodeFS("/installed/site-packages", site);
const inside = "/checkout/" + path.relative(checkout, script).split(path.sep).join("/");
python.globals.set("given", python.toPy([inside, ...process.argv.slice(6)]));
const status = await python.runPythonAsync(`
import runpy, sys
sys.argv = list(given)
status = 0
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    status = end.code or 0
status
`);
process.exit(status);
