import { err, ok } from '../../../../shared/util/result.ts'
import type { FreeOperation } from '../../supervisor/adapter.ts'
import { exchange } from '../common/http.ts'

/** Only sets two marks, which its loop looks at between two jobs. */
export const comfyFree: FreeOperation = {
  frees: true,
  byItself: true,
  text:
    'It drops its models and caches once the picture it works on is done; a queue that waits comes later. ' +
    'The next picture loads them again.',
  async free(url, timeoutMs) {
    const answer = await exchange(new URL('/free', url).href, timeoutMs, {
      method: 'POST',
      body: { unload_models: true, free_memory: true }
    })
    if (answer === null) {
      return err({ code: 'timeout', message: 'ComfyUI did not answer. Try again, or stop it.' })
    }
    return answer.status === 200
      ? ok(undefined)
      : err({
          code: 'runner-failed',
          message: `ComfyUI refused to free its memory (status ${answer.status}). Stop it to have it back.`
        })
  }
}
