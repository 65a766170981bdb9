import type { ReactNode } from 'react'
import type { SentinelStatus } from '../../../../shared/model/guard.ts'
import { sentinelWords } from '../../format/guard.ts'
import { usePanel } from '../../stores/context.ts'
import { Icon } from '../../ui/icons.tsx'
import { Message } from '../../ui/message.tsx'

const RIGHTS: Readonly<Record<SentinelStatus['rights'], string>> = {
  system: 'May stop containers and other users’ programs',
  user: 'May stop only your own programs',
  unknown: 'What it may stop is not known yet'
}

/** The watcher itself: whether it guards, what it may do, whom it cannot reach. */
export function SentinelCard(): ReactNode {
  const sentinel = usePanel('guard', (state) => state.view?.sentinel ?? null)
  const ranking = usePanel('guard', (state) => state.view?.ranking ?? null)
  if (sentinel === null) return null
  const { tone, word, text } = sentinelWords(sentinel)
  const nameOf = (id: string): string =>
    [...(ranking?.victims ?? []), ...(ranking?.refused ?? [])].find((one) => one.id === id)?.label ?? id
  const unreachable = sentinel.unreachableIds.map(nameOf)
  const isUp = sentinel.state === 'guarding'
  return (
    <section className="card" aria-labelledby="sentinel-title">
      <div className="card-head">
        <h2 id="sentinel-title">The watcher</h2>
        <span className={`state-word ${tone === 'good' ? 'ready' : tone === 'bad' ? 'failed' : 'stopped'}`}>
          {word}
        </span>
      </div>
      <div className="card-body sentinel">
        {tone === 'bad' ? <Message tone="error" text={text} /> : <p>{text}</p>}
        {unreachable.length > 0 && (
          <Message
            tone="warning"
            text={`It could not stop ${unreachable.join(', ')}: ${unreachable.length === 1 ? 'it runs' : 'they run'} as another user.`}
            whatToDo="Install Firebreak from its package: its watcher then has the right to."
          />
        )}
        {isUp && (
          <ul className="facts">
            <Fact good={sentinel.rights === 'system'} text={RIGHTS[sentinel.rights]} />
            <Fact
              good={sentinel.memoryLocked}
              text={
                sentinel.memoryLocked
                  ? 'Its program is locked in memory: it never waits for the disk'
                  : 'Its program is not locked in memory'
              }
            />
            <Fact
              good={sentinel.priorityRaised}
              text={
                sentinel.priorityRaised
                  ? 'It comes first when the processor is busy'
                  : 'It waits its turn when the processor is busy'
              }
            />
          </ul>
        )}
        {sentinel.notes.map((note) => (
          <p key={note} className="small muted">
            {note}
          </p>
        ))}
        {isUp && (
          <p className="small muted">
            A process of its own{sentinel.pid === null ? '' : `, pid ${sentinel.pid}`}: it goes on guarding
            when this window or Firebreak itself hangs.
          </p>
        )}
      </div>
    </section>
  )
}

function Fact({ good, text }: { readonly good: boolean; readonly text: string }): ReactNode {
  return (
    <li className={good ? 'good' : 'lacking'}>
      <Icon name={good ? 'check' : 'info'} size={14} />
      <span>{text}</span>
    </li>
  )
}
