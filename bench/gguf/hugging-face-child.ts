import { gguf } from '@huggingface/gguf'
import { peakRssBytes } from './peak-memory.ts'

// The same with Hugging Face's own reader.

const path = process.argv[2] ?? ''
const cpu = process.cpuUsage()
const began = performance.now()
const { tensorInfos } = await gguf(path, { allowLocalFile: true })
const ms = performance.now() - began
const { user, system } = process.cpuUsage(cpu)
if (tensorInfos.length === 0) throw new Error('no tensors were read')
console.log(JSON.stringify({ ms, cpuMs: (user + system) / 1_000, maxRssBytes: peakRssBytes() }))
