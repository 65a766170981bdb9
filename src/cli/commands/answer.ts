import type { GuardAnswer } from '../../shared/model/guard.ts'
import { err, ok } from '../../shared/util/result.ts'
import type { Command } from '../command.ts'
import { didYouMean } from '../did-you-mean.ts'
import { printable } from '../format.ts'

const WORDS = ['stop', 'continue', 'keep'] as const
type Word = (typeof WORDS)[number]

const CHOICES: Readonly<Record<Word, { readonly choice: GuardAnswer; readonly done: string }>> = {
  stop: { choice: 'stop', done: 'is being stopped.' },
  continue: { choice: 'continue', done: 'goes on.' },
  keep: { choice: 'keep-frozen', done: 'stays paused, unless memory falls below the floor.' }
}

const isWord = (text: string): text is Word => (WORDS as readonly string[]).includes(text)

/** The question of 'firebreakctl guard', answered by the id it names, so that no other question is. */
export const answer: Command = {
  name: 'answer',
  about: 'answers what the guard asks about a model',
  positionals: [
    { name: 'ID', about: "whom it asks about, as 'firebreakctl guard' shows it" },
    { name: 'CHOICE', about: 'stop, continue (let it go on), keep (leave it paused)' }
  ],
  options: {},
  example: 'firebreakctl answer qwen3-32b stop',
  async run({ positionals: [id = '', word = ''], connect }) {
    if (!isWord(word)) {
      const message = `there is no answer '${word}'.${didYouMean(word, WORDS)} Known: ${WORDS.join(', ')}.`
      return err({ code: 'bad-request', message })
    }
    const core = await connect()
    if (!core.ok) return core
    const { client } = core.value
    const view = await client.call('guard.get', {})
    if (!view.ok) return view
    const { ask } = view.value
    if (ask === null || ask.victimId !== id) {
      const asked = ask === null ? 'nothing' : `about ${printable(ask.victimId)}`
      const message = `The guard does not ask about '${id}' now; it asks ${asked}.`
      return err({ code: 'refused', message })
    }
    const { choice, done } = CHOICES[word]
    const taken = await client.call('guard.answer', { watchId: ask.watchId, victimId: id, choice })
    return taken.ok ? ok({ document: { id, choice }, text: `${printable(ask.label)} ${done}` }) : taken
  }
}
