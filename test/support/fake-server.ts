/**
 * Text of an executable that stands in for llama-server where a test needs a misbehaving one: it takes the same
 * arguments, answers /health, and every request for tokens with one. `node` is the interpreter.
 */
export function fakeServer(
  node: string,
  behaviour: { readonly atStart?: string; readonly ready?: boolean } = {}
): string {
  return `#!${node}
const { createServer } = require('node:http')
const { spawn } = require('node:child_process')
const { writeFileSync } = require('node:fs')
const port = Number(process.argv[process.argv.indexOf('--port') + 1])
${behaviour.atStart ?? ''}
createServer((request, response) => {
  if (request.url === '/crash') process.exit(3)
  response.statusCode = ${behaviour.ready === false ? 503 : 200}
  response.end(JSON.stringify({ content: ' a', tokens_predicted: 1, data: [{ id: 'fake' }], choices: [{ text: ' a', message: { content: ' a' } }], usage: { completion_tokens: 1 } }))
}).listen(port, '127.0.0.1', () => console.log('listening'))
`
}

/** A child in a session of its own that holds memory and ignores SIGTERM's default of its parent's group. */
export function holdingChild(pidFile: string, bytes: number): string {
  const code = `const held = Buffer.alloc(${bytes}, 1); require('node:fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); setInterval(() => held.length, 1000)`
  return `spawn(process.execPath, ['-e', ${JSON.stringify(code)}], { detached: true, stdio: 'ignore' }).unref()`
}

/** The same, started through a parent that is gone at once: nobody ever sees it as a descendant. */
export function daemonChild(pidFile: string, bytes: number): string {
  const inner = `const { spawn } = require('node:child_process'); ${holdingChild(pidFile, bytes)}`
  return `spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], { detached: true, stdio: 'ignore' }).unref()`
}
