import { basename } from 'node:path'
import { plainText } from '../../../shared/util/plain-text.ts'

/** Programs whose own name says nothing: what they run is told. */
const INTERPRETER = /^(?:python[\d.]*|node|ruby|perl|(?:ba|da|z)?sh)$/
const MAX_CHARACTERS = 48

/** 'llama-server', 'python3 -m sglang.launch_server', 'VLLM::EngineCore'; the kernel's own name where that is all. */
export function nameOfProgram(kernelName: string, commandLine: readonly string[] | undefined): string {
  const [first = '', second = '', third = ''] = commandLine ?? []
  const program = first.includes(' ') ? first : basename(first)
  const whole = !INTERPRETER.test(program)
    ? program
    : second === '-m'
      ? `${program} -m ${third}`
      : second === '' || second.startsWith('-')
        ? program
        : basename(second)
  return plainText(whole).slice(0, MAX_CHARACTERS) || plainText(kernelName) || 'a program'
}
