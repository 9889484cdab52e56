import type { CommandRun, OperatorStack } from './operator-stack.ts';

/** What an operator types about the batches of a stack. */
export interface OperatorCommands {
  /** Where the stack keeps its data, and its ClickHouse: options of most commands. */
  readonly data: readonly string[];
  readonly clickhouse: readonly string[];
  /** What was sent before is an older matter to `reconcile` and `receipt`. */
  begin(): void;
  reconcile(...more: readonly string[]): Promise<CommandRun>;
  receipt(id: string): Promise<CommandRun>;
  spool(action: string, ...more: readonly string[]): Promise<CommandRun>;
}

export function operatorCommands(operator: OperatorStack): OperatorCommands {
  const data = ['--data', operator.dataDir];
  const clickhouse = ['--clickhouse', operator.engine.url];
  let since = '';
  return {
    data,
    clickhouse,
    begin: () => {
      operator.wait(1_000);
      since = new Date(operator.now()).toISOString();
    },
    reconcile: (...more) => operator.run(['reconcile', '--since', since, ...data, ...clickhouse, ...more]),
    receipt: (id) => operator.run(['receipt', id, ...data, ...clickhouse, '--since', since]),
    spool: (action, ...more) => operator.run(['spool', action, ...data, ...more]),
  };
}
