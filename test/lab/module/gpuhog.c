// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/gpuhog takes memory as NVIDIA's kernel driver takes system memory on a machine whose CPU and GPU share it:
 * GFP_KERNEL | __GFP_RETRY_MAYFAIL without __GFP_ACCOUNT (nv-vm.c, nv_compute_gfp_mask()), so that the pages are in no
 * LRU, in nobody's RSS and in no cgroup.
 *
 *   write "<KiB>"       takes that much; ENOMEM when it is refused. What was taken before the refusal is given back,
 *                       as the driver does with an allocation that it could not complete.
 *   close, or death     gives all back, free_delay_s seconds later
 *   /proc/gpuhog        "total BYTES", then "PID BYTES" for each process that has the device open
 *
 * Parameters: free_delay_s; refuse_every (N: each Nth request is refused, 0: none but by the kernel).
 */
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#define KIB_PER_PAGE (PAGE_SIZE / 1024)
/* Long loops let others run. */
#define PAGES_BETWEEN_BREAKS 256

static unsigned int free_delay_s;
module_param(free_delay_s, uint, 0644);
static unsigned int refuse_every;
module_param(refuse_every, uint, 0644);

struct client {
	struct list_head all;	/* under clients_lock */
	struct mutex lock;	/* of what follows */
	struct list_head pages;
	unsigned long count;
	unsigned long requests;
	pid_t pid;
	struct delayed_work release;
};

static LIST_HEAD(clients);
static DEFINE_MUTEX(clients_lock);
static atomic_long_t total_pages = ATOMIC_LONG_INIT(0);
static struct workqueue_struct *releases;

static void free_list(struct list_head *pages)
{
	struct page *page, *next;
	unsigned long done = 0;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		__free_page(page);
		atomic_long_dec(&total_pages);
		if (++done % PAGES_BETWEEN_BREAKS == 0)
			cond_resched();
	}
}

static void release_client(struct work_struct *work)
{
	struct client *client = container_of(to_delayed_work(work), struct client, release);

	free_list(&client->pages);
	kfree(client);
}

static int gpuhog_open(struct inode *inode, struct file *file)
{
	struct client *client = kzalloc(sizeof(*client), GFP_KERNEL);

	if (!client)
		return -ENOMEM;
	mutex_init(&client->lock);
	INIT_LIST_HEAD(&client->pages);
	INIT_DELAYED_WORK(&client->release, release_client);
	client->pid = task_tgid_nr(current);
	file->private_data = client;
	mutex_lock(&clients_lock);
	list_add_tail(&client->all, &clients);
	mutex_unlock(&clients_lock);
	return 0;
}

static int gpuhog_release(struct inode *inode, struct file *file)
{
	struct client *client = file->private_data;

	mutex_lock(&clients_lock);
	list_del(&client->all);
	mutex_unlock(&clients_lock);
	if (free_delay_s)
		queue_delayed_work(releases, &client->release, free_delay_s * HZ);
	else
		release_client(&client->release.work);
	return 0;
}

/* Takes `wanted` pages onto `pages`, or says why not. */
static int take_pages(struct list_head *pages, unsigned long wanted)
{
	const gfp_t how = GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;
	unsigned long done;

	for (done = 0; done < wanted; done++) {
		struct page *page;

		if (fatal_signal_pending(current))
			return -EINTR;
		page = alloc_page(how);
		if (!page)
			return -ENOMEM;
		list_add(&page->lru, pages);
		atomic_long_inc(&total_pages);
		cond_resched();
	}
	return 0;
}

static ssize_t gpuhog_write(struct file *file, const char __user *from, size_t length, loff_t *offset)
{
	struct client *client = file->private_data;
	unsigned long kib, wanted;
	LIST_HEAD(taken);
	int failed;

	failed = kstrtoul_from_user(from, length, 10, &kib);
	if (failed)
		return failed;
	wanted = kib / KIB_PER_PAGE;
	if (mutex_lock_killable(&client->lock))
		return -EINTR;
	client->requests++;
	if (refuse_every && client->requests % refuse_every == 0)
		failed = -ENOMEM;
	else
		failed = take_pages(&taken, wanted);
	if (failed) {
		free_list(&taken);
	} else {
		list_splice(&taken, &client->pages);
		WRITE_ONCE(client->count, client->count + wanted);
	}
	mutex_unlock(&client->lock);
	return failed ? failed : length;
}

/* Reads counts without the clients' own locks: whoever takes memory may wait long for it. */
static int show_clients(struct seq_file *out, void *unused)
{
	struct client *client;

	seq_printf(out, "total %lu\n", (unsigned long)atomic_long_read(&total_pages) << PAGE_SHIFT);
	mutex_lock(&clients_lock);
	list_for_each_entry(client, &clients, all)
		seq_printf(out, "%d %lu\n", client->pid, READ_ONCE(client->count) << PAGE_SHIFT);
	mutex_unlock(&clients_lock);
	return 0;
}

static const struct file_operations device_operations = {
	.owner = THIS_MODULE,
	.open = gpuhog_open,
	.release = gpuhog_release,
	.write = gpuhog_write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "gpuhog",
	.fops = &device_operations,
	.mode = 0666,
};

static int __init gpuhog_init(void)
{
	int failed;

	/* WQ_MEM_RECLAIM: giving memory back must not wait for memory. */
	releases = alloc_workqueue("gpuhog", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!releases)
		return -ENOMEM;
	if (!proc_create_single("gpuhog", 0444, NULL, show_clients)) {
		destroy_workqueue(releases);
		return -ENOMEM;
	}
	failed = misc_register(&device);
	if (failed) {
		remove_proc_entry("gpuhog", NULL);
		destroy_workqueue(releases);
	}
	return failed;
}
module_init(gpuhog_init);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("takes memory as a GPU driver does on unified memory");
