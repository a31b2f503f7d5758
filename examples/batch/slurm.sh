#!/usr/bin/env bash
# A batch in eight parts, each by a task of an array:
#
#   sbatch --export=ALL,ROWS=$PWD/rows.jsonl slurm.sh
#
# batch --shard auto takes its part from SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT. Started again with the same range it goes on
# where it was; tasks that were preempted or ran out of time go on by themselves. The token is in the environment of who submits.
#SBATCH --job-name=replicate-batch
#SBATCH --array=0-7
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem=512M
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --signal=INT@300
set -uo pipefail

# Five minutes before the end of the time Slurm sends SIGINT to the step: nothing more is created, and what is open ends.
srun batch "${ROWS:?name the rows: sbatch --export=ALL,ROWS=FILE slurm.sh}" --shard auto --resume --rps 10 \
    --out "${OUT:-batch-out}" --progress plain
code=$?

# 5: left early.
if [ "$code" -eq 5 ]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$code"
