// Stands in for jupyter-lab: its options, its token, the file it describes itself in and the pages of its REST API, after
// the published documentation of Jupyter Server. FIREBREAK_JUPYTER names a real one to be used instead.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'

const option = (name) => process.argv.find((arg) => arg.startsWith(`${name}=`))?.slice(name.length + 1)
const port = Number(option('--port'))
const token = readFileSync(process.env.JUPYTER_TOKEN_FILE, 'utf8').trim()
const runtime = join(process.env.XDG_DATA_HOME, 'jupyter', 'runtime')
const description = join(runtime, `jpserver-${process.pid}.json`)
const pages = {
  '/api': { version: '0.0.0 (stand-in)' },
  '/api/status': { connections: 0, kernels: 0 },
  '/api/kernels': []
}
const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
  const isAllowed = pathname === '/api' || searchParams.get('token') === token
  response.statusCode = isAllowed ? 200 : 403
  response.end(JSON.stringify(isAllowed ? (pages[pathname] ?? {}) : {}))
})
server.listen(port, option('--ip'), () => {
  mkdirSync(runtime, { recursive: true, mode: 0o700 })
  writeFileSync(description, JSON.stringify({ port, token, pid: process.pid }), { mode: 0o600 })
  console.log(`Jupyter Server is running at: http://127.0.0.1:${port}/?token=...`)
})
process.on('SIGTERM', () => {
  rmSync(description, { force: true })
  process.exit(0)
})
