import { createFakeCore } from './fake-core.ts'
import { listenControlSocket } from '../../src/main/transport/control-server.ts'

// A process that tries to be the core in argv[2] as soon as a byte comes on stdin, and says on stdout how it went.
const [runtimeDir = ''] = process.argv.slice(2)
console.log('ready')
await new Promise((go) => process.stdin.once('data', go))
process.stdin.destroy()
const core = createFakeCore()
const server = await listenControlSocket({ runtimeDir, endpoint: core.endpoint, logger: core.logger })
console.log(server.ok ? 'core' : server.error.kind === 'in-use' ? 'in-use' : server.error.message)
