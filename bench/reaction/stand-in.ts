// Stands in for the core: connects, says hello, arms what it is told, and then blocks its main thread for 30 s.
// node stand-in.ts SOCKET ARM_MESSAGE
import { connect } from 'node:net'
import type { ToSentinel } from '../../src/main/sentinel/protocol.ts'

const BLOCK_MS = 30_000
const [socketPath = '', arm = ''] = process.argv.slice(2)
const socket = connect(socketPath)
const hello: ToSentinel = { type: 'hello', protocol: 1, pid: process.pid, startTicks: 0, blackBoxPath: null }
socket.write(`${JSON.stringify(hello)}\n${arm}\n`)
const { sequence } = JSON.parse(arm) as { sequence: number }
let text = ''
socket.setEncoding('utf8').on('data', (more: string) => {
  text += more
  if (!text.includes(`"armSequence":${sequence}`)) return
  process.stdout.write('armed\n', () =>
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, BLOCK_MS)
  )
})
