// @ts-check
// The container's health check: exits with 0 when the gateway answers.
const answer = await fetch(`http://127.0.0.1:${process.env.MCP_GATEWAY_PORT}/health/live`).catch(() => undefined);
process.exit(answer?.ok ? 0 : 1);
