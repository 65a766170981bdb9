import { LLAMACPP_SPEC } from '../../../../shared/model/specs/llamacpp.ts'
import type { Recognised } from '../../supervisor/adapter.ts'
import { listenOf, programOf } from '../common/command-line.ts'
import { optionValue } from '../common/port.ts'

const PROGRAM = 'llama-server'
/** What one of these says is the model; a router has none of the first. */
const MODEL_OPTIONS = ['-m', '--model', '-hf', '-hfr', '--hf-repo', '-mu', '--model-url']
const FOLDER_OPTIONS = ['--models-dir', '--models-preset']
/** Ollama starts llama-server for its models, out of its own store: that one is Ollama's. */
const OF_OLLAMA = /\/blobs\/sha256-[0-9a-f]{64}$/
/** Firebreak asks over plain HTTP and at the usual paths only. */
const ELSEWHERE = ['--ssl-key-file', '--ssl-cert-file', '--api-prefix']

/** A llama-server by its command line: with one model, or as a router. */
export function recogniseLlama(commandLine: readonly string[]): Recognised | null {
  const program = programOf(commandLine)
  if (program?.name !== PROGRAM) return null
  const model = optionValue(program.args, MODEL_OPTIONS)
  if (model !== null && OF_OLLAMA.test(model)) return null
  const folder = model === null ? optionValue(program.args, FOLDER_OPTIONS) : null
  const { port, url } = listenOf(program.args, LLAMACPP_SPEC.defaultPort, ELSEWHERE)
  return { model: model ?? folder, port, url }
}
