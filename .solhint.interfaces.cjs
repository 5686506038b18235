// The rules of .solhint.json, and documentation without a gap: all NatSpec is in the interfaces, what implements them
// inherits it.
const base = require("./.solhint.json");

module.exports = {
  ...base,
  excludedFiles: [],
  rules: {
    ...base.rules,
    "use-natspec": ["warn", { author: { enabled: false } }],
  },
};
