import { isSecretName } from '../../../../shared/util/secret-name.ts'

/** Whether lines of 'NAME=value' have a secret among them. */
export const hasSecretLine = (text: string): boolean =>
  text.split('\n').some((line) => {
    const at = line.indexOf('=')
    const name = line.slice(0, at).trim()
    return at > 0 && /^\w+$/.test(name) && isSecretName(name)
  })
