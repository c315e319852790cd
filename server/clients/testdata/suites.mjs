// Runs MCPJam's two suites against a server: that of MCP Apps, and that of the
// protocol.

const [module, url] = process.argv.slice(-2);
const { MCPAppsConformanceTest, MCPConformanceTest } = await import(module);
const apps = await new MCPAppsConformanceTest({ url }).run();
const protocol = await new MCPConformanceTest({ serverUrl: url }).run();
process.stdout.write(JSON.stringify([...apps.checks, ...protocol.checks]));
