import { constants, open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { err, ok, type Result } from '../../shared/util/result.ts'
import { Refusal, type ModelProblem, type ModelProblemKind } from './model-problem.ts'

/** Opens an ordinary file that is not empty, and turns what goes wrong on the way into words. */
export async function withModelFile<T>(
  path: string,
  expected: '.gguf' | '.safetensors' | '.safetensors.index.json',
  read: (file: FileHandle, fileBytes: number) => Promise<T>
): Promise<Result<T, ModelProblem>> {
  const problem = (kind: ModelProblemKind, message: string): Result<T, ModelProblem> => err({ kind, message })
  let file: FileHandle
  try {
    // Without waiting: opening a pipe for reading would last until somebody writes to it.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    return err(cannotOpen(path, error))
  }
  try {
    const found = await file.stat()
    if (!found.isFile()) {
      const what = found.isDirectory() ? 'a folder' : 'not an ordinary file'
      return problem('not-a-file', `${path} is ${what}. Give the path of a ${expected} file.`)
    }
    if (found.size === 0) return problem('empty', `${basename(path)} is empty. Download it again.`)
    return ok(await read(file, found.size))
  } catch (error) {
    if (error instanceof Refusal) return problem(error.kind, `${basename(path)} ${error.message}`)
    return problem('unreadable', `${path} cannot be read (${codeOf(error)}).`)
  } finally {
    await file.close()
  }
}

/** In words, for a path that did not open. */
export function cannotOpen(path: string, error: unknown): ModelProblem {
  const code = codeOf(error)
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return {
      kind: 'missing',
      message: `There is no file ${path}. Check the path, or download the model again.`
    }
  }
  const message =
    code === 'ELOOP'
      ? `${path} cannot be read: the link points to itself. Remove it, and give the path of the file.`
      : `${path} cannot be read (${code}). Check its permissions.`
  return { kind: 'unreadable', message }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
