import { createInterface } from 'node:readline'
import { loadNvml } from './nvml/api.ts'
import { dieWithParent } from './parent-death.ts'
import type { ProbeReply, ProbeRequest } from './protocol.ts'
import { createReader } from './reader.ts'
import { createSmiRunner } from './smi/run.ts'

// The GPU probe's own process: `node gpu-probe.js [SYS_ROOT]`. One request per line on stdin, one reply per line on
// stdout; ends when stdin closes. Everything that may block on the GPU driver happens here and nowhere else.

const nonEmpty = (value: string | undefined, otherwise: string): string =>
  value === undefined || value === '' ? otherwise : value

const numberOf = (line: string): number | null => {
  try {
    const request: Partial<ProbeRequest> | null = JSON.parse(line)
    return typeof request?.read === 'number' ? request.read : null
  } catch {
    return null
  }
}

dieWithParent()

const reader = createReader({
  procRoot: nonEmpty(process.env['FIREBREAK_PROC_ROOT'], '/proc'),
  sysRoot: nonEmpty(process.argv[2], '/sys'),
  idsFile: '/usr/share/libdrm/amdgpu.ids',
  loadNvml: () => loadNvml(nonEmpty(process.env['FIREBREAK_NVML'], 'libnvidia-ml.so.1')),
  smi: createSmiRunner(),
  arch: process.arch,
  monotonicMs: () => performance.now()
})

const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })

// The parent is gone: nobody is left to answer to.
process.stdout.on('error', () => process.exit(0))
lines.on('close', () => process.exit(0))

let queue = Promise.resolve()
lines.on('line', (line) => {
  const read = numberOf(line)
  if (read === null) {
    process.stderr.write('gpu-probe: a line that is not a request was ignored\n')
    return
  }
  queue = queue.then(async () => {
    const reply: ProbeReply = { read, ...(await reader.read()) }
    process.stdout.write(`${JSON.stringify(reply)}\n`)
  })
})
