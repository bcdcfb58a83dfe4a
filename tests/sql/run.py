"""Runs queries of `replay --sql` over records.

    run.py duckdb|spark FOLDER      each folder in FOLDER with query.sql and records.jsonl gets counts.csv and counts.parquet,
                                    of DuckDB also gzip.parquet and zstd.parquet
"""

import csv
import pathlib
import sys


def duckdb_runner():
    import duckdb

    def run(query, records, out):
        database = duckdb.connect()
        database.execute("create table cloudtrail (record varchar)")
        database.executemany("insert into cloudtrail values (?)", [[line] for line in records])
        answer = database.execute(query)
        names = [column[0] for column in answer.description]
        write(out, names, answer.fetchall())
        database.execute(f"copy ({query}) to '{out.with_suffix('.parquet')}'")
        for packer in ["gzip", "zstd"]:
            database.execute(f"copy ({query}) to '{out.with_name(packer)}.parquet' (compression {packer})")
        database.close()

    return run


def spark_runner():
    from pyspark.sql import SparkSession

    spark = (
        SparkSession.builder.master("local[2]").appName("replay")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")

    def run(query, records, out):
        frame = spark.createDataFrame([(line,) for line in records], "record string").repartition(2)
        frame.createOrReplaceTempView("cloudtrail")
        answer = spark.sql(query)
        rows = answer.collect()
        write(out, answer.columns, rows)
        folder = out.with_suffix(".spark")
        spark.createDataFrame(rows, answer.schema).coalesce(1).write.parquet(str(folder))
        (part,) = folder.glob("part-*.parquet")
        part.rename(out.with_suffix(".parquet"))

    return run


def write(out, names, rows):
    with open(out, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        for row in rows:
            writer.writerow(["" if value is None else str(value).lower() if isinstance(value, bool) else value for value in row])


def main():
    dialect, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    run = {"duckdb": duckdb_runner, "spark": spark_runner}[dialect]()
    for job in sorted(folder.iterdir()):
        lines = (job / "records.jsonl").read_text().split("\n")
        run((job / "query.sql").read_text(), [line for line in lines if line], job / "counts.csv")


main()
