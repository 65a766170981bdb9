import { useId, type ReactNode } from 'react'
import type { GuardAnswer, GuardAsk } from '../../../../shared/model/guard.ts'
import { bytesWords } from '../../format/bytes.ts'
import { consequence } from '../../format/guard.ts'
import { told } from '../../format/next-step.ts'
import { usePanel } from '../../stores/context.ts'
import { DRILL_WATCH } from '../../stores/guard-acts.ts'
import { askKey } from '../../stores/guard.ts'
import { Icon } from '../../ui/icons.tsx'
import { LevelMark } from '../../ui/level-mark.tsx'
import { Message } from '../../ui/message.tsx'
import { useCountdown } from './countdown.ts'
import './alerts.css'

/** What the guard asks, above every page. It takes no focus: an answer in mid-word would be nobody's choice. */
export function AskBanner(): ReactNode {
  const ask = usePanel('guard', (state) => state.view?.ask ?? null)
  const stale = usePanel('app', (state) => state.stale)
  // The drill answers for itself; an old question may have been answered by time.
  if (ask === null || stale || ask.watchId === DRILL_WATCH) return null
  // Another question is another element, so that it is announced, and each only once.
  return <Ask key={askKey(ask)} ask={ask} />
}

const SENT: Readonly<Record<GuardAnswer, (label: string) => string>> = {
  stop: (label) => `Stopping ${label}…`,
  continue: (label) => `${label} goes on.`,
  'keep-frozen': (label) => `${label} stays paused until you answer, unless memory falls below the floor.`
}

function Ask({ ask }: { readonly ask: GuardAsk }): ReactNode {
  const id = useId()
  const answered = usePanel('guard', (state) => state.answered)
  const error = usePanel('guard', (state) => state.errors.get('answer'))
  const held = usePanel('guard', (state) => state.view?.launchesHeld ?? false)
  const isFrozen = ask.stage === 'frozen'
  const level = isFrozen ? 'act' : 'warn'
  return (
    <div
      className={`ask level-${level}`}
      role="alertdialog"
      aria-modal="false"
      aria-labelledby={`${id}-text`}
      aria-describedby={`${id}-then`}
    >
      <div className="ask-mark">
        {isFrozen ? <Icon name="pause" size={26} /> : <LevelMark level={level} size={28} />}
      </div>
      <div className="ask-words">
        <p id={`${id}-text`} className="ask-text" title={ask.text}>
          {ask.text}
        </p>
        <p id={`${id}-then`} className="ask-then">
          {answered !== null && answered !== 'keep-frozen' ? (
            SENT[answered](ask.label)
          ) : (
            <Then stage={ask.stage} actsAtMs={answered === null ? ask.actsAtMs : null} />
          )}
          {held && <span className="muted"> New models wait until then.</span>}
        </p>
        {error !== undefined && <Message tone="error" {...told(error)} />}
      </div>
      <Answers ask={ask} />
    </div>
  )
}

/** A timer is not read out by itself; its place is kept at the width of two digits. */
function Then({ stage, actsAtMs }: Pick<GuardAsk, 'stage' | 'actsAtMs'>): ReactNode {
  const seconds = useCountdown(actsAtMs)
  const mode = usePanel('guard', (state) => state.view?.mode)
  return (
    <span role="timer" className="num">
      {consequence(stage, seconds, mode)}
    </span>
  )
}

interface Choice {
  readonly choice: GuardAnswer
  readonly word: string
  readonly title: string
  readonly urgent?: boolean
}

function choicesOf({ stage, label, victimBytes, actsAtMs }: GuardAsk): readonly Choice[] {
  const isFrozen = stage === 'frozen'
  return [
    {
      choice: 'stop',
      word: `Stop ${label}`,
      title: `Ends ${label} and gives back about ${bytesWords(victimBytes)}; what it is answering now is lost`,
      urgent: true
    },
    {
      choice: 'continue',
      word: 'Let it go on',
      title: `${isFrozen ? 'It runs again' : 'It keeps running'} and may take more; below the floor Firebreak acts all the same`
    },
    ...(isFrozen && actsAtMs !== null
      ? [
          {
            choice: 'keep-frozen',
            word: 'Keep paused',
            title:
              'It keeps its memory and takes no more until you answer, unless memory falls below the floor'
          } as const
        ]
      : [])
  ]
}

function Answers({ ask }: { readonly ask: GuardAsk }): ReactNode {
  const answer = usePanel('guard', (state) => state.answer)
  const busy = usePanel('guard', (state) => state.busy.has('answer'))
  const answered = usePanel('guard', (state) => state.answered)
  const connected = usePanel('app', (state) => state.link === 'connected')
  return (
    <div className="buttons ask-answers">
      {choicesOf(ask).map(({ choice, word, title, urgent = false }) => {
        const off = busy || !connected || answered === choice || answered === 'stop'
        return (
          <button
            key={choice}
            type="button"
            className={`button ${urgent ? 'urgent' : ''}`}
            aria-disabled={off}
            title={title}
            onClick={() => !off && void answer(ask, choice)}
          >
            {urgent && <Icon name="stop" size={12} />}
            <span>{word}</span>
          </button>
        )
      })}
    </div>
  )
}
