// Starts `flowrun lsp` for YAML files; the server itself leaves alone those that are no pipelines. What the schema says
// by the YAML extension is not said again: hence `structure: false`.
const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const command = workspace.getConfiguration("flowrun").get("path");
  client = new LanguageClient(
    "flowrun",
    "flowrun",
    { command, args: ["lsp"] },
    { documentSelector: [{ language: "yaml" }], initializationOptions: { structure: false } },
  );
  await client.start();
};

exports.deactivate = () => client?.stop();
