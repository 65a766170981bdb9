import { readFileSync } from 'node:fs'
import { availableParallelism, release } from 'node:os'
import si from 'systeminformation'
import type { MachineFacts } from '../../shared/model/status.ts'
import { dgxName, modelName } from './model-name.ts'
import { readPageSize } from './page-size.ts'

// One shot: prints the machine's facts as one JSON line and ends. A process of its own, because systeminformation's
// memory should go away again and the programs it runs may hang. Not graphics(): it runs nvidia-smi.

const dgx = (): string | null => {
  try {
    return dgxName(readFileSync('/etc/dgx-release', 'utf8'))
  } catch {
    return null
  }
}

const words = (...parts: readonly string[]): string => {
  const text = parts
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== 'unknown')
    .join(' ')
  return text === '' ? 'unknown' : text
}

const [system, cpu, os, pageSizeBytes] = await Promise.all([
  si.system(),
  si.cpu(),
  si.osInfo(),
  readPageSize()
])

const facts: MachineFacts = {
  model: dgx() ?? modelName(system.manufacturer, system.model),
  cpu: words(cpu.manufacturer, cpu.brand),
  cores: availableParallelism(),
  gpu: '',
  os: words(os.distro, os.release),
  kernel: release(),
  arch: process.arch,
  pageSizeBytes
}
process.stdout.write(`${JSON.stringify(facts)}\n`)
