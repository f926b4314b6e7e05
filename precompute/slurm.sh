#!/bin/bash
# Score a book under Slurm as a bare job array, a share a task, then join:
#   genomebook score init GRCh38.book -o scores --shares 100
#   id=$(sbatch --parsable --array=1-100 --export=ALL,OUTPUT=scores precompute/slurm.sh)
#   sbatch --dependency=afterok:"$id" --wrap "genomebook score finalise scores"
# A task that failed is run again by the same command: shares that are whole are skipped.
# Options of share go after the script (precompute/slurm.sh --trust-remote-code).
# For a GPU plan (init --device cuda) give --gres=gpu:1 to sbatch here and for init: both load the model.
#SBATCH --job-name=genomebook
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
set -euo pipefail
export NUMBA_CACHE_DIR=${NUMBA_CACHE_DIR:-$HOME/.cache/numba}
exec genomebook "${STAGE:-score}" share "${OUTPUT:?}" "${SLURM_ARRAY_TASK_ID:?}" --workers "${SLURM_CPUS_PER_TASK:-0}" "$@"
